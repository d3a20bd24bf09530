//! Long files and long functions, which should be split.
//!
//! In: every Rust and TypeScript file of ours. Out: an error for each one that is too long, and for each exception that
//! is no longer needed. `functions` finds where functions begin and end.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Result, ensure};

use super::functions::{Function, rust, typescript};
use crate::stamp::files_under;

/// The most lines that a file may have.
const FILE_LINES: usize = 400;
/// The most lines that a function may have.
const FUNCTION_LINES: usize = 70;

/// What may be longer, since splitting it would not make it clearer.
const EXCEPTIONS: &[Exception] = &[
    Exception {
        path: "shared/src/close.rs",
        function: Some("row"),
        lines: 140,
        why: "one table, a few lines for each reason to close",
    },
    Exception {
        path: "shared/arena/tests/protocol_examples.rs",
        function: None,
        lines: 680,
        why: "the chapters of docs/protocol.md in their order, to be read beside them",
    },
    Exception {
        path: "shared/arena/tests/protocol_examples.rs",
        function: Some("what_a_server_says_is_as_shown"),
        lines: 90,
        why: "one chapter, example by example",
    },
    Exception {
        path: "shared/arena/tests/protocol_examples.rs",
        function: Some("snapshots_are_as_shown_and_leave_what_the_page_says"),
        lines: 130,
        why: "one chapter, example by example: each snapshot builds on the one before",
    },
];

#[derive(Clone, Copy)]
struct Exception {
    path: &'static str,
    /// `None` for the file as a whole.
    function: Option<&'static str>,
    /// The most lines that it may have.
    lines: usize,
    why: &'static str,
}

/// An error if a file or a function is too long, or an exception is not needed.
pub(crate) fn lengths(root: &Path) -> Result<String> {
    let mut texts = BTreeMap::new();
    for file in files_under(root)? {
        let parts: Vec<_> = file
            .strip_prefix(root)?
            .iter()
            .map(|part| part.to_string_lossy())
            .collect();
        let name = parts.join("/");
        // Nobody has to split bindings that a tool wrote.
        let written = parts.iter().any(|part| part == "pkg");
        if !written && (name.ends_with(".rs") || name.ends_with(".ts")) {
            texts.insert(name, fs::read_to_string(&file)?);
        }
    }
    let wrong = too_long(&texts, EXCEPTIONS);
    ensure!(
        wrong.is_empty(),
        "{}\nSplit what is too long by what it does. Where one long piece is clearer than two, add it to the exceptions \
            in xtask/src/guards/lengths.rs with the reason.",
        wrong.join("\n")
    );
    Ok(format!(
        "{} files, {} exceptions",
        texts.len(),
        EXCEPTIONS.len()
    ))
}

/// One line for each file and function that is too long, and for each exception that nothing needs.
fn too_long(texts: &BTreeMap<String, String>, exceptions: &[Exception]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut needed = vec![false; exceptions.len()];
    let mut measure = |path: &str, function: Option<&Function>, lines: usize, limit: usize| {
        if lines <= limit {
            return;
        }
        let name = function.map(|function| function.name.as_str());
        let excepted = exceptions
            .iter()
            .position(|known| known.path == path && known.function == name);
        let mut limit = limit;
        if let Some(at) = excepted {
            needed[at] = true;
            limit = exceptions[at].lines;
        }
        if lines > limit {
            let place = match function {
                Some(function) => format!("{path}:{}: {}", function.line, function.name),
                None => path.to_owned(),
            };
            wrong.push(format!("{place}: {lines} lines (at most {limit})"));
        }
    };
    for (path, text) in texts {
        measure(path, None, text.lines().count(), FILE_LINES);
        let functions = if path.ends_with(".rs") {
            rust(text)
        } else {
            typescript(text)
        };
        for function in &functions {
            measure(path, Some(function), function.lines, FUNCTION_LINES);
        }
    }
    let idle = exceptions.iter().zip(needed).filter(|(_, needed)| !needed);
    wrong.extend(idle.map(|(exception, _)| {
        let Exception {
            path,
            function,
            why,
            ..
        } = exception;
        let what = function.map(|name| format!(": {name}")).unwrap_or_default();
        format!("{path}{what}: not long any more, or not there: strike the exception ({why})")
    }));
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts() -> BTreeMap<String, String> {
        let long = format!("fn long() {{\n{}}}\n", "    a;\n".repeat(FUNCTION_LINES));
        let files = [
            ("a.rs", "\n".repeat(FILE_LINES + 1)),
            ("b.rs", long.clone()),
            ("c.ts", long.replace("fn", "function").replace("    ", "  ")),
            ("d.rs", "\n".repeat(FILE_LINES)),
        ];
        files
            .into_iter()
            .map(|(name, text)| (name.to_owned(), text))
            .collect()
    }

    const FILE: Exception = Exception {
        path: "a.rs",
        function: None,
        lines: 401,
        why: "a table",
    };
    const FUNCTION: Exception = Exception {
        path: "b.rs",
        function: Some("long"),
        lines: 72,
        why: "a table",
    };

    #[test]
    fn what_is_too_long_is_refused() {
        let expected = [
            "a.rs: 401 lines (at most 400)",
            "b.rs:1: long: 72 lines (at most 70)",
            "c.ts:1: long: 72 lines (at most 70)",
        ];
        assert_eq!(too_long(&texts(), &[]), expected);
    }

    #[test]
    fn an_exception_holds_up_to_its_own_limit() {
        assert_eq!(
            too_long(&texts(), &[FILE, FUNCTION]),
            ["c.ts:1: long: 72 lines (at most 70)"]
        );
        let tight = Exception {
            lines: 71,
            ..FUNCTION
        };
        assert!(
            too_long(&texts(), &[tight])
                .contains(&"b.rs:1: long: 72 lines (at most 71)".to_owned())
        );
    }

    #[test]
    fn an_exception_that_is_not_needed_has_to_go() {
        let idle = [
            Exception {
                path: "d.rs",
                ..FILE
            },
            Exception {
                function: Some("gone"),
                ..FUNCTION
            },
        ];
        let wrong = too_long(&texts(), &idle).join("\n");
        assert!(
            wrong.contains("d.rs: not long any more, or not there: strike the exception (a table)"),
            "{wrong}"
        );
        assert!(wrong.contains("b.rs: gone: not long any more"), "{wrong}");
    }
}
