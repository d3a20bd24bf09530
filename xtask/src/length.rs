//! The report of long files and long functions, a hint that something wants to be split.
//!
//! Functions are found by their shape as rustfmt leaves it (which `check` makes sure of): from a
//! line that opens with `fn` to the next closing brace at the same indent. A parser could do no
//! better here, and would have to be built before the first check can run.

use std::fs;
use std::path::Path;

use anyhow::Result;

use crate::stamp::files_under;

/// Files longer than this are reported.
const FILE_LINES: usize = 400;
/// Functions longer than this are reported.
const FUNCTION_LINES: usize = 70;
/// Words that may stand before `fn`.
const QUALIFIERS: [&str; 6] = ["pub", "const", "async", "unsafe", "extern", "default"];

/// One line for each Rust or TypeScript file and each Rust function that is over.
pub(crate) fn report(root: &Path) -> Result<Vec<String>> {
    let mut files = files_under(root)?;
    files.sort();
    let mut lines = Vec::new();
    for file in files {
        let name = file
            .strip_prefix(root)
            .unwrap_or(&file)
            .display()
            .to_string();
        let extension = file.extension().and_then(|extension| extension.to_str());
        let rust = extension == Some("rs");
        // Bindings that a tool wrote are nobody's to split.
        if !rust && extension != Some("ts") || name.contains("/pkg/") {
            continue;
        }
        let text = fs::read_to_string(&file)?;
        let count = text.lines().count();
        if count > FILE_LINES {
            lines.push(format!("{name}: {count} lines (at most {FILE_LINES})"));
        }
        for function in functions(&text).into_iter().filter(|_| rust) {
            if function.lines > FUNCTION_LINES {
                let Function {
                    name: function,
                    line,
                    lines: count,
                } = function;
                lines.push(format!(
                    "{name}:{line}: fn {function}: {count} lines (at most {FUNCTION_LINES})"
                ));
            }
        }
    }
    Ok(lines)
}

#[derive(Debug, PartialEq, Eq)]
struct Function {
    name: String,
    line: usize,
    lines: usize,
}

/// Every function with a body of its own lines, in the order in which they begin.
fn functions(text: &str) -> Vec<Function> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (begin, line) in lines.iter().enumerate() {
        let Some(name) = function_name(line) else {
            continue;
        };
        let rest = lines.get(begin..).unwrap_or_default();
        // The signature ends at the first line that opens a body, or has none to open.
        let Some(open) = rest.iter().position(|line| line.ends_with(['{', ';', '}'])) else {
            continue;
        };
        if !rest.get(open).is_some_and(|line| line.ends_with('{')) {
            continue;
        }
        let indent = line.len() - line.trim_start().len();
        let closing = format!("{}}}", " ".repeat(indent));
        if let Some(end) = rest.iter().position(|line| **line == closing) {
            found.push(Function {
                name,
                line: begin + 1,
                lines: end + 1,
            });
        }
    }
    found
}

/// The name of the function that `line` begins, if it does.
fn function_name(line: &str) -> Option<String> {
    let is_qualifier = |word: &&str| {
        // `pub(crate)` and the "C" of `extern "C"`.
        let bare = word.split('(').next().unwrap_or_default();
        QUALIFIERS.contains(&bare) || word.starts_with('"')
    };
    let mut words = line.split_whitespace().skip_while(is_qualifier);
    if words.next() != Some("fn") {
        return None;
    }
    let name = words.next()?;
    let end = name.find(|c: char| !c.is_alphanumeric() && c != '_');
    Some(name.split_at(end.unwrap_or(name.len())).0.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(text: &str) -> Vec<(String, usize, usize)> {
        let functions = functions(text).into_iter();
        functions
            .map(|found| (found.name, found.line, found.lines))
            .collect()
    }

    #[test]
    fn a_function_counts_from_its_signature_to_its_closing_brace() {
        let text = "// one\npub(crate) async fn two(\n    a: u8,\n) -> u8 {\n    a\n}\n";
        assert_eq!(measured(text), [("two".to_owned(), 2, 5)]);
    }

    #[test]
    fn methods_and_inner_functions_each_count_for_themselves() {
        let text = "impl X {\n    pub const fn a<T>(&self) {\n        fn b() {\n            if c {\n\
            }\n        }\n    }\n}\n";
        assert_eq!(
            measured(text),
            [("a".to_owned(), 2, 6), ("b".to_owned(), 3, 4)]
        );
    }

    #[test]
    fn declarations_and_one_line_functions_have_no_length() {
        let text =
            "trait X {\n    fn a(\n        b: [u8; 4],\n    );\n    fn c() {}\n}\nfn d() {\n}\n";
        assert_eq!(measured(text), [("d".to_owned(), 7, 2)]);
    }

    #[test]
    fn a_where_clause_belongs_to_the_function() {
        let text = "unsafe extern \"C\" fn a<T>(t: T)\nwhere\n    T: X,\n{\n    t\n}\n";
        assert_eq!(measured(text), [("a".to_owned(), 1, 6)]);
    }

    #[test]
    fn words_in_comments_begin_no_function() {
        assert_eq!(
            measured("// fn a() {\n/// pub fn b() {\nlet fn_c = {\n};\n}\n"),
            []
        );
    }
}
