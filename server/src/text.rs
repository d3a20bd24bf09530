//! Text from players is data: it is normalised, bounded, and stripped of what must not be seen. What people write in any
//! script stays as they wrote it.
//!
//! In: names and chat as clients send them. Out: what others may see. Also which names of rooms links can carry.

use tickwire_shared::close::CloseReason;
use tickwire_shared::limits::{
    CHAT_BYTES, NAME_BYTES, NAME_CHARS, NAME_SHOWN_BYTES, ROOM_NAME_BYTES,
};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_properties::UnicodeEmoji;
use unicode_script::{Script, UnicodeScript};
use unicode_segmentation::UnicodeSegmentation;

/// Marks in a row that go with any letter. Words have up to three.
const COMMON_MARKS: usize = 3;
/// Marks in a row that belong to one script. Tibetan words have up to five.
const SCRIPT_MARKS: usize = 6;

/// A player's name as others see it.
///
/// # Errors
/// `BadName` if it is too long to look at, or if nothing of it can be seen.
pub(crate) fn clean_name(raw: &str) -> Result<String, CloseReason> {
    if raw.len() > NAME_BYTES {
        return Err(CloseReason::BadName);
    }
    let name = clean(raw);
    let mut shown = 0;
    for character in name.graphemes(true).take(NAME_CHARS) {
        if shown + character.len() > NAME_SHOWN_BYTES {
            break;
        }
        shown += character.len();
    }
    let name = name.get(..shown).unwrap_or_default().trim_end();
    if name.is_empty() {
        Err(CloseReason::BadName)
    } else {
        Ok(name.to_owned())
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

/// Without control, bidi and invisible characters, without marks that stand on nothing or in towers, with single spaces;
/// NFC at the end.
fn clean(raw: &str) -> String {
    let mut kept = Kept::default();
    // Marks are counted one by one, also those that NFC puts together with their letter.
    let raw = raw.nfd().collect::<String>();
    let mut rest = raw.chars();
    while let Some(c) = rest.next() {
        kept.take(c, rest.clone());
    }
    let mut out = kept.out.nfc().collect::<String>();
    out.truncate(out.trim_end().len());
    out
}

/// What is kept of a text so far.
#[derive(Default)]
struct Kept {
    out: String,
    /// Marks since the last character that is none.
    marks: usize,
    /// In the tag characters behind a black flag.
    in_tags: bool,
}

impl Kept {
    fn take(&mut self, c: char, mut rest: std::str::Chars<'_>) {
        let before = self.out.chars().next_back();
        let is_tag = matches!(c, '\u{E0020}'..='\u{E007F}');
        if is_tag && (self.in_tags || before == Some('\u{1F3F4}')) {
            self.in_tags = c != '\u{E007F}';
            return self.out.push(c);
        }
        self.in_tags = false;
        let Some(before) = before.filter(|before| *before != ' ') else {
            // At the beginning of a word there is nothing that a mark, a joiner or a selector could belong to.
            if !is_unseen(c) && !is_blank(c) && !is_combining_mark(c) {
                self.push(c);
            }
            return;
        };
        if is_blank(c) {
            self.push(' ');
        } else if is_joiner(c) {
            let after = rest.find(|after| !is_joiner(*after) && !is_selector(*after));
            if after.is_some_and(|after| joins(self.joined(), c, after)) && !is_joiner(before) {
                self.out.push(c);
            }
        } else if is_selector(c) {
            if is_selected(before, c) {
                self.out.push(c);
            }
        } else if is_combining_mark(c) {
            self.marks += 1;
            let most = match c.script() {
                Script::Inherited | Script::Common => COMMON_MARKS,
                _ => SCRIPT_MARKS,
            };
            if self.marks <= most {
                self.out.push(c);
            }
        } else if !is_unseen(c) {
            self.push(c);
        }
    }

    fn push(&mut self, c: char) {
        self.marks = 0;
        self.out.push(c);
    }

    /// What a joiner would join to what comes: the last character that is no selector and no mark of any script.
    fn joined(&self) -> char {
        let is_common_mark = |c: char| is_combining_mark(c) && c.script() == Script::Inherited;
        let mut last = self.out.chars().rev();
        last.find(|c| !is_selector(*c) && !is_common_mark(*c))
            .unwrap_or(' ')
    }
}

/// White space, and letters that look like it.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{2800}'
}

fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200C}' | '\u{200D}')
}

fn is_selector(c: char) -> bool {
    matches!(c, '\u{FE00}'..='\u{FE0F}' | '\u{180B}'..='\u{180D}' | '\u{180F}')
}

/// True if a selector changes how the character before it is drawn.
fn is_selected(before: char, selector: char) -> bool {
    match selector {
        '\u{FE0E}' | '\u{FE0F}' => before.is_emoji_char(),
        '\u{FE00}'..='\u{FE0D}' => matches!(
            before.script(),
            Script::Han | Script::Myanmar | Script::Phags_Pa
        ),
        _ => before.script() == Script::Mongolian && !is_selector(before),
    }
}

/// True if a joiner belongs between these two: between emoji, and in scripts whose letters join or whose syllables it
/// shapes. Elsewhere it would only make two names that look the same.
fn joins(before: char, joiner: char, after: char) -> bool {
    let is_picture = |c: char| c.is_emoji_char_or_emoji_component() && !c.is_ascii();
    if is_picture(before) && is_picture(after) {
        return joiner == '\u{200D}';
    }
    let is_shaped = |c: char| {
        use Script::*;
        matches!(
            c.script(),
            Arabic
                | Syriac
                | Nko
                | Mandaic
                | Mongolian
                | Phags_Pa
                | Devanagari
                | Bengali
                | Gurmukhi
                | Gujarati
                | Oriya
                | Tamil
                | Telugu
                | Kannada
                | Malayalam
                | Sinhala
                | Khmer
                | Myanmar
                | Tibetan
        )
    };
    is_shaped(before) && is_shaped(after)
}

fn is_unseen(c: char) -> bool {
    c.is_control()
        || is_joiner(c)
        || is_selector(c)
        || matches!(c,
            '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180E}'
            | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FEFF}'
            | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFC}' | '\u{1D159}' | '\u{1D173}'..='\u{1D17A}'
            | '\u{E0000}'..='\u{E0FFF}' | '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{10FFFF}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_of_every_script_are_as_the_table_says() {
        let mut tried = 0;
        for line in include_str!("../tests/cases/names.tsv")
            .lines()
            .filter(|line| !line.starts_with('#'))
        {
            let [what, given, expected] = line.split('\t').collect::<Vec<_>>()[..] else {
                panic!("{line}");
            };
            let given = serde_json::from_str::<String>(given).unwrap();
            let name = clean_name(&given);
            match expected {
                "(refused)" => assert_eq!(name, Err(CloseReason::BadName), "{what}"),
                "(as it is)" => assert_eq!(name, Ok(given), "{what}"),
                expected => assert_eq!(name, Ok(serde_json::from_str(expected).unwrap()), "{what}"),
            }
            tried += 1;
        }
        assert!(tried > 20);
    }

    #[test]
    fn names_keep_what_can_be_seen() {
        assert_eq!(
            clean_name("  Ada   Lovelace "),
            Ok("Ada Lovelace".to_owned())
        );
        assert_eq!(clean_name(&"x".repeat(10_000)), Err(CloseReason::BadName));
        assert_eq!(clean_name(&"x".repeat(40)).map(|name| name.len()), Ok(20));
    }

    #[test]
    fn a_name_is_cut_between_two_characters_as_people_count_them() {
        let family = "\u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467}";
        let name = clean_name(&family.repeat(10)).unwrap();
        assert_eq!(name, family.repeat(NAME_SHOWN_BYTES / family.len()));
        let thai = "\u{0e01}\u{0e47}\u{0e49}".repeat(25);
        assert_eq!(
            clean_name(&thai).unwrap().graphemes(true).count(),
            NAME_SHOWN_BYTES / 9
        );
    }

    proptest! {
        #[test]
        fn cleaning_twice_changes_nothing(raw in "[\\PC\u{200c}\u{200d}\u{fe0f}\u{0301}\u{0316}\u{2800}\u{0e49}\u{0643}\u{0645}\u{094d}\u{1F469}\u{1F3FB}ae ]{0,40}") {
            let once = clean(&raw);
            prop_assert_eq!(clean(&once), once);
        }
    }
}
