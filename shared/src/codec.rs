//! The only module that knows bincode: messages and saved state in, bytes out, and back.
//!
//! bincode 2 is no longer maintained, so no other module names it. Decoding is limited (no memory is taken for a length
//! prefix that claims more than the limit), exact (trailing bytes are an error), and never recursive with our types.
//! Format: bincode's "standard" configuration: little endian, variable-length integers (`docs/protocol.md`).

use bincode::config::{Configuration, Limit, LittleEndian, Varint};
use bincode::error::{DecodeError as BincodeError, EncodeError};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Why a value cannot be decoded or encoded. The sender is at fault, except for `Encode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// The bytes end before the value does, or claim more than the limit.
    #[error("the bytes end before the value does, or claim more than their limit")]
    Short,
    /// A tag, a character or a bool that is not one.
    #[error("the bytes hold a value that does not exist")]
    Invalid,
    /// Bytes are left over behind the value.
    #[error("{0} bytes are left over behind the value")]
    Trailing(usize),
    /// The value does not encode: a type that this format cannot carry. A fault of the program.
    #[error("the value cannot be encoded")]
    Encode,
}

impl CodecError {
    /// A stable name for metrics and logs.
    pub fn label(self) -> &'static str {
        match self {
            CodecError::Short => "short",
            CodecError::Invalid => "invalid",
            CodecError::Trailing(_) => "trailing",
            CodecError::Encode => "encode",
        }
    }
}

/// Appends `value` to `out`.
///
/// # Errors
/// `Encode` when the format has no room for the type (a map of unknown length). `out` then keeps a partial tail.
pub fn encode_into<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) -> Result<(), CodecError> {
    struct Tail<'a>(&'a mut Vec<u8>);
    impl bincode::enc::write::Writer for Tail<'_> {
        fn write(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
            self.0.extend_from_slice(bytes);
            Ok(())
        }
    }
    let mut encoder = bincode::enc::EncoderImpl::new(Tail(out), bincode::config::standard());
    bincode::enc::Encode::encode(&bincode::serde::Compat(value), &mut encoder)
        .map_err(|_| CodecError::Encode)
}

/// Encodes `value` into a new vector.
///
/// # Errors
/// See [`encode_into`].
pub fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, CodecError> {
    let mut out = Vec::new();
    encode_into(value, &mut out)?;
    Ok(out)
}

/// Decodes all of `bytes` as one value. Takes at most `LIMIT` bytes of memory for what length prefixes claim.
///
/// # Errors
/// `Short`, `Invalid` or `Trailing`.
pub fn decode<T: DeserializeOwned, const LIMIT: usize>(bytes: &[u8]) -> Result<T, CodecError> {
    let (value, rest) = decode_prefix::<T, LIMIT>(bytes)?;
    if rest.is_empty() {
        Ok(value)
    } else {
        Err(CodecError::Trailing(rest.len()))
    }
}

/// Decodes one value from the front of `bytes` and returns what follows it.
///
/// # Errors
/// `Short` or `Invalid`.
pub fn decode_prefix<T: DeserializeOwned, const LIMIT: usize>(
    bytes: &[u8],
) -> Result<(T, &[u8]), CodecError> {
    const fn config<const LIMIT: usize>() -> Configuration<LittleEndian, Varint, Limit<LIMIT>> {
        bincode::config::standard().with_limit::<LIMIT>()
    }
    let (value, used) = bincode::serde::borrow_decode_from_slice(bytes, config::<LIMIT>())
        .map_err(|error| match error {
            BincodeError::UnexpectedEnd { .. } | BincodeError::LimitExceeded => CodecError::Short,
            _ => CodecError::Invalid,
        })?;
    Ok((value, bytes.get(used..).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_length_prefix_cannot_claim_memory_that_the_bytes_do_not_carry() {
        // A string that claims 2^60 bytes: refused by the limit, before anything is reserved.
        let mut bytes = vec![253];
        bytes.extend_from_slice(&(1_u64 << 60).to_le_bytes());
        assert_eq!(decode::<String, 4096>(&bytes), Err(CodecError::Short));
        assert_eq!(decode::<Vec<u64>, 4096>(&bytes), Err(CodecError::Short));
    }

    #[test]
    fn trailing_bytes_are_an_error() {
        let mut bytes = encode(&7_u32).unwrap();
        bytes.push(0);
        assert_eq!(decode::<u32, 64>(&bytes), Err(CodecError::Trailing(1)));
    }

    proptest! {
        #[test]
        fn what_is_encoded_decodes_to_itself(value in any::<(u64, i32, Option<String>, Vec<f32>)>()) {
            let bytes = encode(&value).unwrap();
            let back: (u64, i32, Option<String>, Vec<f32>) = decode::<_, 1_000_000>(&bytes).unwrap();
            prop_assert_eq!(back.0, value.0);
            prop_assert_eq!(back.2, value.2);
            prop_assert_eq!(back.3.len(), value.3.len());
        }

        #[test]
        fn any_bytes_give_ok_or_err(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = decode::<(String, Vec<u32>, Option<bool>, char), 4096>(&bytes);
        }
    }
}
