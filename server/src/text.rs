//! Text from players is data: it is normalised, bounded, and stripped of everything that must not be seen.
//!
//! In: names and chat as clients send them. Out: what others may see. Also the room names that links carry, and the
//! secrets that the server draws.

use tickwire_shared::close::CloseReason;
use tickwire_shared::ids::ResumeToken;
use tickwire_shared::limits::{CHAT_BYTES, NAME_BYTES, NAME_CHARS, ROOM_NAME_BYTES};
use unicode_normalization::UnicodeNormalization;

/// A player's name as others see it.
///
/// # Errors
/// `BadName` if it is too long to look at, or if nothing of it can be seen.
pub(crate) fn clean_name(raw: &str) -> Result<String, CloseReason> {
    if raw.len() > NAME_BYTES {
        return Err(CloseReason::BadName);
    }
    let name = clean(raw).chars().take(NAME_CHARS).collect::<String>();
    let name = name.trim_end().to_owned();
    if name.is_empty() {
        Err(CloseReason::BadName)
    } else {
        Ok(name)
    }
}

/// A line of chat as others see it; it may be empty. `None` if it is longer than the protocol allows.
pub(crate) fn clean_chat(raw: &str) -> Option<String> {
    (raw.len() <= CHAT_BYTES).then(|| clean(raw))
}

/// True if a link can carry this as a room's name: 1 to 32 letters, digits, `-` or `_`.
pub(crate) fn is_room_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= ROOM_NAME_BYTES
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// NFC, without control, bidi, zero-width and other invisible characters. White space becomes single spaces. At most
/// two combining marks stay in a row.
fn clean(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut marks = 0;
    for c in raw.nfc() {
        if c.is_whitespace() {
            if !out.is_empty() && !out.ends_with(' ') {
                out.push(' ');
            }
        } else if !is_unseen(c) {
            marks = if unicode_normalization::char::is_combining_mark(c) {
                marks + 1
            } else {
                0
            };
            if marks <= 2 {
                out.push(c);
            }
        }
    }
    out.truncate(out.trim_end().len());
    out
}

fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}' | '\u{E000}'..='\u{F8FF}'
            | '\u{F0000}'..='\u{10FFFF}')
}

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

/// A room's name for people who did not choose one.
pub(crate) fn fresh_room_name() -> String {
    const FIRST: [&str; 16] = [
        "amber", "brisk", "cobalt", "dusky", "ember", "frosty", "golden", "hollow", "iron", "jade",
        "keen", "lunar", "mossy", "noble", "opal", "rusty",
    ];
    const SECOND: [&str; 16] = [
        "anvil", "bridge", "crane", "delta", "engine", "forge", "gate", "harbor", "island",
        "junction", "kiln", "lantern", "mill", "needle", "orchard", "pier",
    ];
    let number = fresh_seed() as usize;
    let word = |words: &[&'static str; 16], n: usize| words.get(n % 16).copied().unwrap_or("room");
    format!(
        "{}-{}-{}",
        word(&FIRST, number),
        word(&SECOND, number >> 4),
        (number >> 8) % 100
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_keep_what_can_be_seen() {
        assert_eq!(
            clean_name("  Ada   Lovelace "),
            Ok("Ada Lovelace".to_owned())
        );
        assert_eq!(
            clean_name("<b>x</b>"),
            Ok("<b>x</b>".to_owned()),
            "markup is data, not to be changed"
        );
        assert_eq!(clean_name("a\u{202E}dcb\u{200B}"), Ok("adcb".to_owned()));
        assert_eq!(clean_name("\u{200B}\u{202E} \n"), Err(CloseReason::BadName));
        assert_eq!(clean_name(&"x".repeat(10_000)), Err(CloseReason::BadName));
        assert_eq!(clean_name(&"x".repeat(40)).map(|name| name.len()), Ok(20));
    }

    #[test]
    fn stacked_marks_are_cut() {
        let tower = format!("a{}", "\u{0316}".repeat(15));
        assert_eq!(clean_name(&tower).map(|name| name.chars().count()), Ok(3));
    }

    #[test]
    fn fresh_room_names_are_room_names() {
        assert!(is_room_name(&fresh_room_name()));
        assert!(!is_room_name("") && !is_room_name("a b") && !is_room_name(&"a".repeat(33)));
    }

    proptest! {
        #[test]
        fn cleaning_twice_changes_nothing(raw in "\\PC{0,40}") {
            let once = clean(&raw);
            prop_assert_eq!(clean(&once), once);
        }
    }
}
