//! The proof that both ends move alike: a long run of the step by inputs that nobody pressed, reduced to one number.
//!
//! In: nothing. Out: the number, which a native test and the browser, in WASM, compare with their own.

/// The hash of a trace of 100,000 steps. It changes when the step or a map changes; then raise the arena's
/// [`REVISION`](tickwire_shared::rules::Rules::REVISION) as well.
pub const TRACE_HASH: u64 = 0x09a6_09ba_9656_ab54;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Arena;

    #[test]
    fn the_trace_has_not_changed() {
        let hash = tickwire_shared::trace::hash::<Arena>(100_000);
        assert_eq!(
            hash, TRACE_HASH,
            "the arena moves differently: {hash:#018x}. If that is on purpose, write this number into TRACE_HASH \
             and raise Arena::REVISION, so that old pages are told to reload"
        );
    }
}
