//! What a player wants in one tick: which values are fine, and the few bits in which they travel.
//!
//! In: what `#[input]` reads of a type's fields and their `#[net(..)]`. Out: values to bits on the client, bits to values on
//! the server, and a description of those bits for the schema's hash. Both ends play with the values that the bits make.

use crate::ids::{EntityId, PlayerId};
use crate::random::Random;
use crate::replicate::{FieldKind, FieldValue};
use crate::shape::Wire;
use crate::snapshot::{BitReader, BitWriter, SnapshotError};
pub use tickwire_derive::Input;

/// A player's intent for one tick. `Default` is the neutral input: hands off the keys. Write `#[input]` above the type.
pub trait Input: InputField + Wire + PartialEq + Default {
    /// What this input becomes when no more inputs come from the player: hands off the keys. Keep what a player with
    /// its hands off the keys would keep, like the direction in which it looks.
    #[must_use]
    fn released(&self) -> Self {
        Self::default()
    }

    /// This input as the server will have it: numbers go to their nearest step.
    #[must_use]
    fn rounded(&self) -> Self {
        let mut bits = BitWriter::default();
        self.pack(&mut bits);
        // What is not fine may not come back, and is refused by its checks as it is.
        Self::unpack(&mut BitReader::new(bits.finish())).unwrap_or_else(|_| self.clone())
    }
}

/// A type that may stand in a field of an input without a range: whatever bytes it comes from, it is fine or says that it is
/// not. Numbers with a fraction are not among them, so none reaches a step unchecked.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot stand in an input: nothing says which of its values a client may send",
    label = "in an input",
    note = "write `#[input]` above the type, with `#[net(range = ..)]` or `#[net(angle)]` on its numbers"
)]
pub trait InputField: Sized {
    /// False for what no honest client can send (NaN, out of range). Such a client is closed with
    /// [`crate::close::CloseReason::InvalidInput`].
    fn is_valid(&self) -> bool;

    /// A value that an honest client could send, for tests that press any keys.
    #[must_use]
    fn sample(random: &mut Random) -> Self;

    /// Appends this value. One that is not fine becomes some bits, too.
    fn pack(&self, out: &mut BitWriter);

    /// Takes a value off the front.
    ///
    /// # Errors
    /// `Short` at the end of the bits; `Invalid` for a number that is none of the kind's.
    fn unpack(from: &mut BitReader<'_>) -> Result<Self, SnapshotError>;

    /// Describes the bits of such a value.
    fn layout(out: &mut InputLayout);
}

/// How an input's values are laid out in bits, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InputLayout(pub Vec<Packing>);

impl InputLayout {
    /// The layout as bytes, for the schema's hash: for each value what a replicated field of its kind says there.
    pub fn described(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for packing in &self.0 {
            let (tag, numbers, number) = match *packing {
                Packing::Kind(kind) => kind.described(),
                Packing::Whole { bits, start, end } => (5, [start.to_bits(), end.to_bits()], bits),
                Packing::Option => (6, [0, 0], 0),
            };
            bytes.extend_from_slice(&[tag, 0, 0]);
            for number in numbers {
                bytes.extend_from_slice(&number.to_le_bytes());
            }
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        bytes
    }
}

/// One value of an input, in bits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Packing {
    /// In as many bits as the kind needs. After an enum's, the fields of each variant follow, in order.
    Kind(FieldKind),
    /// A float in its own bits.
    Whole {
        /// 32 or 64.
        bits: u32,
        /// The smallest value that a client may send.
        start: f64,
        /// The largest.
        end: f64,
    },
    /// A bit that says whether the values that follow are there.
    Option,
}

/// The kind of a float of an input, if its steps reach the end of its range: a stick that is pushed all the way must arrive so.
pub const fn ends_on_a_step(kind: FieldKind, end: f64) -> FieldKind {
    if let FieldKind::Float { min, step, max } = kind {
        let over = min + max as f64 * step - end;
        assert!(
            over < step * 1e-5 && over > step * -1e-5,
            "in an input, the range must be a whole number of steps"
        );
    }
    kind
}

/// The kind of a whole number of an input.
pub const fn of_whole_numbers<T: FieldValue>(kind: FieldKind) -> FieldKind {
    assert!(
        T::KIND.is_some(),
        "a number with a fraction has a range of floats in an input, and its type is written as f32 or f64"
    );
    kind
}

/// Appends a value that travels as a kind.
#[inline]
pub fn pack<T: FieldValue>(kind: FieldKind, value: T, out: &mut BitWriter) {
    out.bits(kind.quantise(value.to_number()), kind.bits());
}

/// Takes off what [`pack`] wrote.
///
/// # Errors
/// `Short`; `Invalid` beyond the kind's largest value.
#[inline]
pub fn unpack<T: FieldValue>(
    kind: FieldKind,
    from: &mut BitReader<'_>,
) -> Result<T, SnapshotError> {
    match from.bits(kind.bits())? {
        value if value <= kind.max() => Ok(T::from_number(kind.dequantise(value))),
        _ => Err(SnapshotError::Invalid),
    }
}

/// A float that travels in its own bits, because its field declares no step.
pub trait WholeFloat: Sized {
    /// How many bits.
    const BITS: u32;
    /// Appends all of them.
    fn pack_whole(self, out: &mut BitWriter);
    /// Takes them off.
    ///
    /// # Errors
    /// `Short`.
    fn unpack_whole(from: &mut BitReader<'_>) -> Result<Self, SnapshotError>;
}

impl WholeFloat for f32 {
    const BITS: u32 = 32;
    fn pack_whole(self, out: &mut BitWriter) {
        // -0.0 equals 0.0, and so must be told alike.
        out.bits((self + 0.0).to_bits(), 32);
    }
    fn unpack_whole(from: &mut BitReader<'_>) -> Result<f32, SnapshotError> {
        Ok(f32::from_bits(from.bits(32)?))
    }
}

impl WholeFloat for f64 {
    const BITS: u32 = 64;
    fn pack_whole(self, out: &mut BitWriter) {
        let bits = (self + 0.0).to_bits();
        out.bits(bits as u32, 32);
        out.bits((bits >> 32) as u32, 32);
    }
    fn unpack_whole(from: &mut BitReader<'_>) -> Result<f64, SnapshotError> {
        let (low, high) = (from.bits(32)?, from.bits(32)?);
        Ok(f64::from_bits(u64::from(low) | u64::from(high) << 32))
    }
}

/// Types of which every value is fine. No 64-bit numbers: JavaScript has others.
macro_rules! all_fine {
    ($($type:ty: $random:ident => $sample:expr),+ $(,)?) => {
        $(impl InputField for $type {
            fn is_valid(&self) -> bool {
                true
            }
            fn sample($random: &mut Random) -> Self {
                $sample
            }
            fn pack(&self, out: &mut BitWriter) {
                pack(<$type as FieldValue>::DEFAULT_KIND, *self, out);
            }
            fn unpack(from: &mut BitReader<'_>) -> Result<Self, SnapshotError> {
                unpack(<$type as FieldValue>::DEFAULT_KIND, from)
            }
            fn layout(out: &mut InputLayout) {
                out.0.push(Packing::Kind(<$type as FieldValue>::DEFAULT_KIND));
            }
        })+
    };
}

all_fine!(
    bool: random => random.bits() & 1 == 1,
    u8: random => random.bits() as u8,
    u16: random => random.bits() as u16,
    u32: random => random.bits() as u32,
    i8: random => random.bits() as i8,
    i16: random => random.bits() as i16,
    i32: random => random.bits() as i32,
    PlayerId: random => PlayerId(random.below(16) as u32),
    EntityId: random => EntityId(random.below(256) as u32),
);

const CHAR: FieldKind = FieldKind::integer(0, char::MAX as i64);

impl InputField for char {
    fn is_valid(&self) -> bool {
        true
    }
    fn sample(random: &mut Random) -> Self {
        char::from(random.integer(0x20, 0x7e) as u8)
    }
    fn pack(&self, out: &mut BitWriter) {
        pack(CHAR, *self as u32, out);
    }
    fn unpack(from: &mut BitReader<'_>) -> Result<Self, SnapshotError> {
        char::from_u32(unpack(CHAR, from)?).ok_or(SnapshotError::Invalid)
    }
    fn layout(out: &mut InputLayout) {
        out.0.push(Packing::Kind(CHAR));
    }
}

impl<T: InputField> InputField for Option<T> {
    fn is_valid(&self) -> bool {
        self.as_ref().is_none_or(T::is_valid)
    }
    fn sample(random: &mut Random) -> Self {
        (random.bits() & 1 == 1).then(|| T::sample(random))
    }
    fn pack(&self, out: &mut BitWriter) {
        out.bit(self.is_some());
        if let Some(value) = self {
            value.pack(out);
        }
    }
    fn unpack(from: &mut BitReader<'_>) -> Result<Self, SnapshotError> {
        from.bit()?.then(|| T::unpack(from)).transpose()
    }
    fn layout(out: &mut InputLayout) {
        out.0.push(Packing::Option);
        T::layout(out);
    }
}

impl<T: InputField, const N: usize> InputField for [T; N] {
    fn is_valid(&self) -> bool {
        self.iter().all(T::is_valid)
    }
    fn sample(random: &mut Random) -> Self {
        std::array::from_fn(|_| T::sample(random))
    }
    fn pack(&self, out: &mut BitWriter) {
        for value in self {
            value.pack(out);
        }
    }
    fn unpack(from: &mut BitReader<'_>) -> Result<Self, SnapshotError> {
        let values = (0..N).map(|_| T::unpack(from));
        let values = values.collect::<Result<Vec<T>, _>>()?;
        values.try_into().map_err(|_| SnapshotError::Invalid)
    }
    fn layout(out: &mut InputLayout) {
        for _ in 0..N {
            T::layout(out);
        }
    }
}

/// The input of a room that has none.
impl InputField for () {
    fn is_valid(&self) -> bool {
        true
    }
    fn sample(_: &mut Random) -> Self {}
    fn pack(&self, _: &mut BitWriter) {}
    fn unpack(_: &mut BitReader<'_>) -> Result<Self, SnapshotError> {
        Ok(())
    }
    fn layout(_: &mut InputLayout) {}
}

impl Input for () {}
