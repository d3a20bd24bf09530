//! A Rust file as a list of words: what the guards read instead of its text.
//!
//! In: the text of a file. Out: identifiers and punctuation with their lines, without comments, the insides of strings,
//! and what only tests compile. This is no parser: the guards look for paths and attributes, which reading word by word
//! shows. They must not have to wait until a parser is built.

use std::iter::Peekable;
use std::str::CharIndices;

/// An identifier, a number, `::`, one punctuation character, or `"` for a whole literal of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word<'a> {
    pub(super) text: &'a str,
    pub(super) line: usize,
}

/// What a file says, and which of its modules are only for tests.
#[derive(Debug, Default)]
pub(super) struct Source<'a> {
    /// All that is compiled outside of tests.
    pub(super) words: Vec<Word<'a>>,
    /// The modules in files of their own that only tests compile.
    pub(super) test_modules: Vec<&'a str>,
}

impl<'a> Source<'a> {
    pub(super) fn read(text: &'a str) -> Self {
        without_tests(&words(text))
    }
}

/// Words that an item begins with; anything else behind an attribute is a field, a variant, an arm or an expression.
const ITEMS: [&str; 15] = [
    "async",
    "const",
    "enum",
    "extern",
    "fn",
    "impl",
    "macro_rules",
    "mod",
    "pub",
    "static",
    "struct",
    "trait",
    "type",
    "unsafe",
    "use",
];

/// Every word of `text`, comments left out.
fn words(text: &str) -> Vec<Word<'_>> {
    let mut found = Vec::new();
    let mut line = 1;
    let mut rest = text.char_indices().peekable();
    while let Some((at, first)) = rest.next() {
        let here = text.get(at..).unwrap_or_default();
        let length = if here.starts_with("//") {
            here.find('\n').unwrap_or(here.len())
        } else if here.starts_with("/*") {
            comment(here)
        } else if let Some(length) = text_literal(here) {
            found.push(Word { text: "\"", line });
            length
        } else if first == '\'' {
            let length = character(here);
            // A lifetime is no word: nothing that the guards look for has one.
            if length > 1 && here.get(..length).is_some_and(|all| all.ends_with('\'')) {
                found.push(Word { text: "\"", line });
            }
            length
        } else {
            let length = plain(here, first);
            // `r#type` is the identifier `type`.
            let text = here.get(..length).unwrap_or_default();
            let text = text.strip_prefix("r#").unwrap_or(text);
            if !text.trim().is_empty() {
                found.push(Word { text, line });
            }
            length
        };
        line += here
            .get(..length)
            .map_or(0, |passed| passed.matches('\n').count());
        skip_to(&mut rest, at + length);
    }
    found
}

fn skip_to(rest: &mut Peekable<CharIndices<'_>>, end: usize) {
    while rest.next_if(|(at, _)| *at < end).is_some() {}
}

/// The length of an identifier or number, of `::`, or of one other character.
fn plain(here: &str, first: char) -> usize {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    if here.starts_with("::") {
        return 2;
    }
    if !is_name(first) {
        return first.len_utf8();
    }
    let raw = if here.starts_with("r#") { 2 } else { 0 };
    let name = here.get(raw..).unwrap_or_default();
    raw + name.find(|c| !is_name(c)).unwrap_or(name.len())
}

/// The length of a comment between `/*` and `*/`, which may hold others.
fn comment(here: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(rest) = here.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                break;
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    at.min(here.len())
}

/// The length of the string literal that `here` begins with, of any kind, if it begins with one.
fn text_literal(here: &str) -> Option<usize> {
    let kind = ["br", "cr", "r", "b", "c", ""];
    kind.iter().find_map(|kind| {
        let rest = here.strip_prefix(kind)?;
        let hashes = rest.len() - rest.trim_start_matches('#').len();
        let raw = kind.ends_with('r');
        if hashes > 0 && !raw {
            return None;
        }
        let inside = rest.get(hashes..)?.strip_prefix('"')?;
        let opened = kind.len() + hashes + 1;
        let closed = if raw {
            let end = format!("\"{}", "#".repeat(hashes));
            inside.find(&end).map_or(inside.len(), |at| at + end.len())
        } else {
            escaped(inside, '"')
        };
        Some(opened + closed)
    })
}

/// The length up to and including the closing quote. A backslash takes the next character with it.
fn escaped(inside: &str, quote: char) -> usize {
    let mut rest = inside.char_indices();
    while let Some((at, c)) = rest.next() {
        match c {
            '\\' => _ = rest.next(),
            c if c == quote => return at + 1,
            _ => {}
        }
    }
    inside.len()
}

/// The length of `'a'`, `'\n'` or, for a lifetime, of `'a`.
fn character(here: &str) -> usize {
    let inside = here.get(1..).unwrap_or_default();
    let mut rest = inside.chars();
    match (rest.next(), rest.next()) {
        (Some('\\'), _) => 1 + escaped(inside, '\''),
        (Some(c), Some('\'')) => c.len_utf8() + 2,
        _ => {
            let end = inside.find(|c: char| !c.is_alphanumeric() && c != '_');
            1 + end.unwrap_or(inside.len())
        }
    }
}

/// `words` without what follows `#[cfg(test)]` and `#[cfg(doctest)]`.
fn without_tests<'a>(words: &[Word<'a>]) -> Source<'a> {
    let mut source = Source::default();
    let mut at = 0;
    while let Some(word) = words.get(at) {
        let rest = words.get(at..).unwrap_or_default();
        if is_test_only(rest) {
            let mut length = 0;
            while let Some(attribute) = attribute(rest.get(length..).unwrap_or_default()) {
                length += attribute;
            }
            let item = rest.get(length..).unwrap_or_default();
            if let [module, name, end, ..] = item
                && (module.text, end.text) == ("mod", ";")
            {
                source.test_modules.push(name.text);
            }
            at += length + item_length(item);
        } else {
            source.words.push(*word);
            at += 1;
        }
    }
    source
}

fn is_test_only(rest: &[Word<'_>]) -> bool {
    let text = |at: usize| rest.get(at).map_or("", |word| word.text);
    let opens = [text(0), text(1), text(2), text(3)] == ["#", "[", "cfg", "("];
    let only = ["test", "doctest"].contains(&text(4)) && text(5) == ")";
    // What needs a test and something more is still for tests only.
    let among = text(4) == "all" && text(5) == "(" && text(6) == "test";
    opens && (only || among)
}

/// The number of words of the attribute that `rest` begins with.
fn attribute(rest: &[Word<'_>]) -> Option<usize> {
    let opens = rest.first()?.text == "#" && rest.get(1)?.text == "[";
    opens.then(|| 1 + balanced(rest.get(1..).unwrap_or_default()))
}

/// The number of words of an item, or of a field or an arm up to its comma.
fn item_length(rest: &[Word<'_>]) -> usize {
    let item = rest.first().is_some_and(|word| ITEMS.contains(&word.text));
    let mut is_use = false;
    let mut at = 0;
    while let Some(word) = rest.get(at) {
        match word.text {
            ";" => return at + 1,
            "," if !item => return at + 1,
            // The end of what holds the item.
            "}" | ")" | "]" => return at,
            "{" => {
                at += balanced(rest.get(at..).unwrap_or_default());
                // `use a::{b};` goes on to its semicolon.
                if !is_use {
                    return at;
                }
            }
            "use" => {
                is_use = rest.get(at + 1).is_some_and(|next| next.text != "<");
                at += 1;
            }
            "(" | "[" => at += balanced(rest.get(at..).unwrap_or_default()),
            _ => at += 1,
        }
    }
    at
}

/// The number of words from an opening bracket to the one that closes it.
pub(super) fn balanced(rest: &[Word<'_>]) -> usize {
    let mut depth = 0_usize;
    for (at, word) in rest.iter().enumerate() {
        match word.text {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        let source = Source::read(text);
        let words = source.words.iter().map(|word| word.text);
        words.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn comments_and_the_insides_of_literals_are_left_out() {
        assert_eq!(read("a // crate::b\n/* c /* d */ e */ /// f\nb"), "a b");
        assert_eq!(
            read(r##"x("crate::\"a", r#"b"c"#, b"\\", br"\", c"d")"##),
            "x ( \" , \" , \" , \" , \" )"
        );
        assert_eq!(
            read("'a' '\\'' '\u{e9}' &'static str <'_>"),
            "\" \" \" & str < >"
        );
    }

    #[test]
    fn words_keep_their_lines() {
        let source = Source::read("a\n\"b\nc\"\n/*\n*/ r#type::d");
        let words: Vec<_> = source
            .words
            .iter()
            .map(|word| (word.text, word.line))
            .collect();
        assert_eq!(
            words,
            [("a", 1), ("\"", 2), ("type", 5), ("::", 5), ("d", 5)]
        );
    }

    #[test]
    fn what_only_tests_compile_is_left_out() {
        let text =
            "a; #[cfg(test)] #[allow(x)] mod tests { fn b() { c } } #[cfg(test)] pub use d::{e}; f";
        assert_eq!(read(text), "a ; f");
        assert_eq!(
            read("struct A { #[cfg(test)] b: (C, D), e: F }"),
            "struct A { e : F }"
        );
        assert_eq!(read("#[cfg(all(test, unix))] fn a<B, C>() {} d"), "d");
        assert_eq!(read("#[cfg(unix)] a"), "# [ cfg ( unix ) ] a");
        assert_eq!(read("#[cfg(any(test, unix))] a").split(' ').count(), 13);
    }

    #[test]
    fn modules_of_tests_in_files_of_their_own_are_named() {
        let source = Source::read("#[cfg(test)]\nmod fixtures;\nmod ours;");
        assert_eq!(source.test_modules, ["fixtures"]);
    }
}
