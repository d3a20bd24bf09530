//! What the server draws from the system's randomness: secrets, seeds, and names for rooms that nobody has named.
//!
//! In: nothing. Out: what nobody can guess.

use tickwire_shared::ids::ResumeToken;

/// A secret that nobody can guess. If the system gives no randomness, the program cannot be safe and stops.
pub(crate) fn fresh_token() -> ResumeToken {
    let mut bytes = [0; 16];
    fill_random(&mut bytes);
    ResumeToken(bytes)
}

/// A number that nobody can guess.
pub(crate) fn fresh_seed() -> u64 {
    let mut bytes = [0; 8];
    fill_random(&mut bytes);
    u64::from_le_bytes(bytes)
}

fn fill_random(bytes: &mut [u8]) {
    if let Err(error) = getrandom::fill(bytes) {
        tracing::error!(%error, "the system gives no randomness");
        std::process::abort();
    }
}

const FIRST: [&str; 16] = [
    "amber", "brisk", "cobalt", "dusky", "ember", "frosty", "golden", "hollow", "iron", "jade",
    "keen", "lunar", "mossy", "noble", "opal", "rusty",
];
const SECOND: [&str; 16] = [
    "anvil", "bridge", "crane", "delta", "engine", "forge", "gate", "harbor", "island", "junction",
    "kiln", "lantern", "mill", "needle", "orchard", "pier",
];

/// A room's name for people who did not choose one.
pub(crate) fn fresh_room_name() -> String {
    let number = fresh_seed() as usize;
    let word = |words: &[&'static str; 16], n: usize| words.get(n % 16).copied().unwrap_or("room");
    format!(
        "{}-{}-{}",
        word(&FIRST, number),
        word(&SECOND, number >> 4),
        (number >> 8) % 100
    )
}

/// True for a name that [`fresh_room_name`] may give.
pub(crate) fn is_fresh_room_name(name: &str) -> bool {
    let [first, second, number] = name.split('-').collect::<Vec<_>>()[..] else {
        return false;
    };
    let is_number = number.parse::<u8>().is_ok_and(|number| number < 100);
    FIRST.contains(&first) && SECOND.contains(&second) && is_number
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::is_room_name;

    #[test]
    fn fresh_room_names_are_room_names() {
        let fresh = fresh_room_name();
        assert!(is_room_name(&fresh) && is_fresh_room_name(&fresh));
        for other in [
            "ours",
            "amber-anvil",
            "amber-anvil-100",
            "amber-anvil-1-2",
            "anvil-amber-1",
        ] {
            assert!(!is_fresh_room_name(other), "{other}");
        }
    }
}
