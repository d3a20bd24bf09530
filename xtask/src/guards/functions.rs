//! Where the functions of a file begin and end.
//!
//! In: the text of a Rust or TypeScript file. Out: its functions with their lengths. They are found by their shape, as
//! rustfmt and biome leave it (which `check` makes sure of): from their first line to the next closing brace at the
//! same indent. A parser could do no better here, and would have to be built before the first check can run.

/// A function with a body on lines of its own.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Function {
    pub(super) name: String,
    pub(super) line: usize,
    pub(super) lines: usize,
}

/// Every Rust function with a body on lines of its own, in the order in which they begin.
pub(super) fn rust(text: &str) -> Vec<Function> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (begin, line) in lines.iter().enumerate() {
        let Some(name) = rust_name(line) else {
            continue;
        };
        let rest = lines.get(begin..).unwrap_or_default();
        // The signature ends at the first line that opens a body, or that shows that there is none.
        let Some(open) = rest.iter().position(|line| line.ends_with(['{', ';', '}'])) else {
            continue;
        };
        if !rest.get(open).is_some_and(|line| line.ends_with('{')) {
            continue;
        }
        let closing = format!("{}}}", " ".repeat(indent(line)));
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

/// The name of the Rust function that begins with `line`, if one does.
fn rust_name(line: &str) -> Option<String> {
    let is_qualifier = |word: &&str| {
        // `pub(crate)` and the "C" of `extern "C"`.
        let bare = word.split('(').next().unwrap_or_default();
        let known = ["pub", "const", "async", "unsafe", "extern", "default"];
        known.contains(&bare) || word.starts_with('"')
    };
    let mut words = line.split_whitespace().skip_while(is_qualifier);
    if words.next() != Some("fn") {
        return None;
    }
    words.next().map(leading_name)
}

/// Every TypeScript function, method and callback with a body on lines of its own, in the order in which bodies open.
pub(super) fn typescript(text: &str) -> Vec<Function> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (open, line) in lines.iter().enumerate() {
        let arrow = line.ends_with("=> {");
        let body = arrow || line.ends_with(") {") || line.ends_with('{') && line.contains("): ");
        if !body {
            continue;
        }
        // A signature of several lines ends with the bracket that its first line opened.
        let same = |line: &&str| !line.trim().is_empty() && indent(line) == indent(lines[open]);
        let before = lines.get(..open).unwrap_or_default();
        let begin = match line.trim_start().starts_with(')') {
            true => before.iter().rposition(same).unwrap_or(open),
            false => open,
        };
        let Some(name) = typescript_name(lines[begin].trim_start(), arrow) else {
            continue;
        };
        let after = lines.get(open + 1..).unwrap_or_default();
        let closing = |line: &&str| line.trim_start().starts_with('}') && same(line);
        if let Some(length) = after.iter().position(closing) {
            found.push(Function {
                name,
                line: begin + 1,
                lines: open + length + 2 - begin,
            });
        }
    }
    found
}

/// The name of the function that begins with `line`: its own name, or the name of what it is given to. `None` if there
/// is no function.
fn typescript_name(line: &str, arrow: bool) -> Option<String> {
    let words: Vec<&str> = line.split(' ').collect();
    let controls = ["if", "for", "while", "switch", "catch", "with", "}"];
    if !arrow && words.first().is_some_and(|first| controls.contains(first)) {
        return None;
    }
    // `test("what it shows", () => {`: the text says more than `test`.
    let told = line
        .split_once("(\"")
        .and_then(|(_, told)| told.split_once('"'));
    if let Some((told, _)) = told {
        return Some(told.to_owned());
    }
    let known = [
        "export",
        "default",
        "async",
        "function",
        "function*",
        "const",
        "let",
        "static",
        "private",
        "protected",
        "public",
        "readonly",
        "override",
        "get",
        "set",
        "return",
        "await",
    ];
    let name = words.into_iter().find(|word| !known.contains(word))?;
    let name = leading_name(name.trim_start_matches(['#', '*']));
    Some(if name.is_empty() {
        "a callback".to_owned()
    } else {
        name
    })
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

fn leading_name(text: &str) -> String {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_');
    text.split_at(end.unwrap_or(text.len())).0.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(functions: Vec<Function>) -> Vec<(String, usize, usize)> {
        functions
            .into_iter()
            .map(|found| (found.name, found.line, found.lines))
            .collect()
    }

    fn found(name: &str, line: usize, lines: usize) -> (String, usize, usize) {
        (name.to_owned(), line, lines)
    }

    #[test]
    fn a_function_counts_from_its_signature_to_its_closing_brace() {
        let text = "// one\npub(crate) async fn two(\n    a: u8,\n) -> u8 {\n    a\n}\n";
        assert_eq!(told(rust(text)), [found("two", 2, 5)]);
    }

    #[test]
    fn methods_and_inner_functions_each_count_for_themselves() {
        let text = "impl X {\n    pub const fn a<T>(&self) {\n        fn b() {\n            if c {\n\
            }\n        }\n    }\n}\n";
        assert_eq!(told(rust(text)), [found("a", 2, 6), found("b", 3, 4)]);
    }

    #[test]
    fn declarations_and_one_line_functions_have_no_length() {
        let text =
            "trait X {\n    fn a(\n        b: [u8; 4],\n    );\n    fn c() {}\n}\nfn d() {\n}\n";
        assert_eq!(told(rust(text)), [found("d", 7, 2)]);
    }

    #[test]
    fn a_where_clause_belongs_to_the_function() {
        let text = "unsafe extern \"C\" fn a<T>(t: T)\nwhere\n    T: X,\n{\n    t\n}\n";
        assert_eq!(told(rust(text)), [found("a", 1, 6)]);
    }

    #[test]
    fn words_in_comments_begin_no_function() {
        let text = "// fn a() {\n/// pub fn b() {\nlet fn_c = {\n};\n}\n";
        assert_eq!(told(rust(text)), []);
    }

    #[test]
    fn functions_of_typescript_are_found_by_their_shape() {
        let text = "export async function one(a: A): Promise<B> {\n}\n\
            class C {\n  #two(\n    a: A,\n  ): B {\n    if (a) {\n    } else if (b) {\n    }\n  }\n}\n\
            const three = (a: A) => {\n  return;\n};\n\
            test(\"four is four\", async () => {\n});\n\
            for (const a of b()) {\n}\n";
        let expected = [
            found("one", 1, 2),
            found("two", 4, 7),
            found("three", 12, 3),
            found("four is four", 15, 2),
        ];
        assert_eq!(told(typescript(text)), expected);
    }
}
