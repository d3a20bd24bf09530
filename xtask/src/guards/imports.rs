//! What one Rust file names: the paths in its `use`s and in its code, and the modules that it declares.
//!
//! In: the words of a file. Out: an [`Outline`]. Where a path leads is found by `modules`, which knows the other files.

use std::collections::BTreeSet;

use super::source::{Source, Word, balanced};

/// A file, seen from outside.
#[derive(Debug, Default)]
pub(super) struct Outline {
    /// It declares modules and re-exports and has no code: it is a face of the files behind it.
    pub(super) face: bool,
    /// The paths of the modules that are written inside this file.
    pub(super) inline: Vec<Vec<String>>,
    /// Every path, in the order of the text.
    pub(super) paths: Vec<Named>,
    /// The names of its own items, methods among them.
    pub(super) defined: BTreeSet<String>,
    /// The names that its code begins with, without `use`s. If a `use` brought such a name, the file itself needs it.
    pub(super) mentioned: BTreeSet<String>,
    /// The modules in files of their own that only tests compile.
    pub(super) test_modules: Vec<String>,
}

/// A path that a file names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    /// The inline modules around it.
    pub(super) within: Vec<String>,
    /// The path from `crate`, `self`, `super` or a name on.
    pub(super) segments: Vec<String>,
    /// The name that a `use` gives to the path's end; `*` for everything that is there.
    pub(super) bound: Option<String>,
    /// A `use` that other files may name in turn.
    pub(super) public: bool,
}

/// The words that come before the name of an own item.
const DEFINING: [&str; 9] = [
    "const",
    "enum",
    "fn",
    "macro_rules",
    "static",
    "struct",
    "trait",
    "type",
    "union",
];

impl Outline {
    pub(super) fn of(text: &str) -> Self {
        let source = Source::read(text);
        let mut reader = Reader {
            words: &source.words,
            at: 0,
            depth: 0,
            within: Vec::new(),
            outline: Outline {
                face: is_face(&source.words),
                test_modules: source
                    .test_modules
                    .iter()
                    .map(|name| (*name).to_owned())
                    .collect(),
                ..Outline::default()
            },
        };
        reader.read();
        reader.outline
    }
}

/// True if there is nothing but attributes, `mod x;`, `pub use ...;` and `extern crate ...;`.
fn is_face(words: &[Word<'_>]) -> bool {
    let mut rest = words;
    while let [first, ..] = rest {
        let mut length = 0;
        if first.text == "#" {
            // `#[...]` and `#![...]`.
            let bracket = rest.iter().position(|word| word.text == "[").unwrap_or(0);
            length = bracket + balanced(rest.get(bracket..).unwrap_or_default());
        } else {
            let end = rest.iter().position(|word| word.text == ";");
            let Some(statement) = end.and_then(|end| rest.get(..end)) else {
                return false;
            };
            let public = first.text == "pub";
            let visibility = match statement {
                [_, open, ..] if public && open.text == "(" => {
                    1 + balanced(statement.get(1..).unwrap_or_default())
                }
                _ => usize::from(public),
            };
            match statement.get(visibility..) {
                Some([word, ..]) if word.text == "use" && public => {}
                Some([word, _]) if word.text == "mod" => {}
                Some([word, next, ..]) if (word.text, next.text) == ("extern", "crate") => {}
                _ => return false,
            }
            length += statement.len() + 1;
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    true
}

struct Reader<'a> {
    words: &'a [Word<'a>],
    at: usize,
    depth: usize,
    /// Inline modules around the next word, each with the depth of its braces.
    within: Vec<(String, usize)>,
    outline: Outline,
}

impl<'a> Reader<'a> {
    fn text(&self, ahead: usize) -> &'a str {
        self.words.get(self.at + ahead).map_or("", |word| word.text)
    }

    fn read(&mut self) {
        let mut public = false;
        while self.at < self.words.len() {
            let is_public = std::mem::take(&mut public);
            match self.text(0) {
                "{" => self.depth += 1,
                "}" => {
                    self.depth = self.depth.saturating_sub(1);
                    self.within.retain(|(_, depth)| *depth < self.depth);
                }
                "pub" => {
                    public = true;
                    if self.text(1) == "(" {
                        // `pub(in crate::a)` says where the item can be seen, and takes nothing from there.
                        self.at += balanced(self.words.get(self.at + 1..).unwrap_or_default());
                    }
                }
                "mod" if self.text(2) == ";" => self.at += 1,
                "mod" if self.text(2) == "{" => {
                    self.within.push((self.text(1).to_owned(), self.depth));
                    self.outline.inline.push(self.place());
                    self.at += 1;
                    continue;
                }
                // Not the `use<'a>` of a type.
                "use" if self.text(1) != "<" => {
                    self.at += 1;
                    self.uses(is_public, &mut Vec::new());
                    continue;
                }
                _ if self.begins_path() => {
                    let segments = self.path();
                    let within = self.place();
                    let path = Named {
                        within,
                        segments,
                        bound: None,
                        public: false,
                    };
                    self.outline.paths.push(path);
                    continue;
                }
                // In `const fn a` the last of these words comes before the name.
                word if DEFINING.contains(&word) && !DEFINING.contains(&self.text(1)) => {
                    self.outline.defined.insert(self.text(1).to_owned());
                    self.at += 1;
                }
                word if self.begins_name() => _ = self.outline.mentioned.insert(word.to_owned()),
                _ => {}
            }
            self.at += 1;
        }
    }

    fn place(&self) -> Vec<String> {
        self.within.iter().map(|(name, _)| name.clone()).collect()
    }

    /// True at a name that belongs to nothing before it.
    fn begins_name(&self) -> bool {
        let before = self.at.checked_sub(1).and_then(|at| self.words.get(at));
        before.is_none_or(|word| !["::", "."].contains(&word.text)) && is_name(self.text(0))
    }

    /// True at such a name if `::` and another name follow it.
    fn begins_path(&self) -> bool {
        self.begins_name() && self.text(1) == "::" && is_name(self.text(2))
    }

    /// Reads `a::b::c`, and leaves what follows it.
    fn path(&mut self) -> Vec<String> {
        let first = self.text(0).to_owned();
        self.outline.mentioned.insert(first.clone());
        let mut segments = vec![first];
        self.at += 1;
        while self.text(0) == "::" && is_name(self.text(1)) {
            segments.push(self.text(1).to_owned());
            self.at += 2;
        }
        segments
    }

    /// Reads the tree of a `use` up to its comma, brace or semicolon. The path so far is `before`.
    fn uses(&mut self, public: bool, before: &mut Vec<String>) {
        let known = before.len();
        if self.text(0) == "::" {
            // It comes from another crate.
            self.at += 1;
            before.push(String::new());
        }
        loop {
            match self.text(0) {
                "{" => {
                    self.at += 1;
                    while !["}", ""].contains(&self.text(0)) {
                        self.uses(public, before);
                        if self.text(0) == "," {
                            self.at += 1;
                        }
                    }
                    self.at += 1;
                    break;
                }
                "*" => {
                    self.at += 1;
                    self.bind(public, before, Some("*"));
                    break;
                }
                // `a::{self}` is `a`.
                "self" if !before.is_empty() => self.at += 1,
                name if is_name(name) => {
                    before.push(name.to_owned());
                    self.at += 1;
                }
                // This is no shape that we know: go on behind it.
                _ => {
                    self.at += 1;
                    break;
                }
            }
            match self.text(0) {
                "::" => self.at += 1,
                "as" => {
                    let name = self.text(1);
                    self.at += 2;
                    self.bind(public, before, Some(name));
                    break;
                }
                _ => {
                    self.bind(public, before, None);
                    break;
                }
            }
        }
        before.truncate(known);
    }

    fn bind(&mut self, public: bool, path: &[String], name: Option<&str>) {
        let bound = name.or(path.last().map(String::as_str));
        self.outline.paths.push(Named {
            within: self.place(),
            segments: path.to_vec(),
            bound: bound.map(str::to_owned),
            public,
        });
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> Vec<String> {
        let told = |path: Named| {
            let public = if path.public { "pub " } else { "" };
            let within = path.within.iter().map(|name| format!("{name}/"));
            let bound = path
                .bound
                .map(|name| format!(" as {name}"))
                .unwrap_or_default();
            format!(
                "{public}{}{}{bound}",
                within.collect::<String>(),
                path.segments.join("::")
            )
        };
        Outline::of(text).paths.into_iter().map(told).collect()
    }

    #[test]
    fn nested_uses_come_apart() {
        let text = "use crate::{a::{self, B as C, d::*}, e::F};\npub(crate) use self::g::H;\n";
        let paths = [
            "crate::a as a",
            "crate::a::B as C",
            "crate::a::d as *",
            "crate::e::F as F",
            "pub self::g::H as H",
        ];
        assert_eq!(named(text), paths);
    }

    #[test]
    fn paths_in_code_are_found_and_what_hangs_on_values_is_not() {
        let text = "fn a(b: super::c::D<crate::E>) { x.f::<G>(); h::i(); <J as k::L>::m() }";
        assert_eq!(named(text), ["super::c::D", "crate::E", "h::i", "k::L"]);
    }

    #[test]
    fn visibilities_comments_and_texts_name_nothing() {
        assert_eq!(
            named("pub(in crate::a) fn b() { \"crate::c\" } // crate::d"),
            [""; 0]
        );
    }

    #[test]
    fn inline_modules_are_known_around_what_they_hold() {
        let text = "mod a { mod b { use super::C; } use super::D; } use super::E;";
        assert_eq!(
            named(text),
            ["a/b/super::C as C", "a/super::D as D", "super::E as E"]
        );
        assert_eq!(Outline::of(text).inline, [vec!["a"], vec!["a", "b"]]);
    }

    #[test]
    fn a_face_declares_and_re_exports_only() {
        let face = "//! A.\n#![warn(x)]\nmod a;\npub mod b;\n/// B.\npub(crate) use a::{C, d::E};\n\
            extern crate self as f;\n#[cfg(test)]\nmod tests { fn g() {} }";
        assert!(Outline::of(face).face);
        for code in [
            "use a::B;",
            "fn a() {}",
            "mod a { }",
            "pub struct A;",
            "pub const A: u8 = 1;",
        ] {
            assert!(!Outline::of(&format!("{face}\n{code}")).face, "{code}");
        }
    }

    #[test]
    fn own_items_and_the_names_that_code_begins_with_are_known() {
        let outline = Outline::of(
            "mod a; pub use a::{B, C};\npub const fn d(e: B) -> f::G { h.i() }\nstruct J;",
        );
        assert_eq!(outline.defined.iter().collect::<Vec<_>>(), ["J", "d"]);
        assert!(
            ["B", "f", "h"]
                .iter()
                .all(|name| outline.mentioned.contains(*name))
        );
        assert!(
            ["C", "G", "i", "a"]
                .iter()
                .all(|name| !outline.mentioned.contains(*name))
        );
    }
}
