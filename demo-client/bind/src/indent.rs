//! Declarations of ts-rs as people write them: one field in a line, indented by braces, short comments on one line.

use std::fmt::Write;

/// A declaration of ts-rs with one field in a line, indented by braces, and short comments on one line.
pub(crate) fn indented(text: &str) -> String {
    let mut out = String::new();
    let mut depth = 0;
    let lines = text.lines().map(str::trim).flat_map(before_closing);
    let lines = lines.collect::<Vec<_>>();
    let mut rest = lines.as_slice();
    while let [line, after @ ..] = rest {
        rest = after;
        let is_closing = |c: &char| "} ".contains(*c);
        let closed = line.chars().take_while(is_closing);
        let closed = closed.filter(|c| *c == '}').count();
        let indent = usize::saturating_sub(depth, closed);
        out.push_str(&"  ".repeat(indent));
        match (*line, after) {
            ("/**", [only, "*/", after @ ..]) => {
                let _ = writeln!(out, "/** {} */", only.trim_start_matches(['*', ' ']));
                rest = after;
            }
            (comment, _) if comment.starts_with('*') => {
                let _ = writeln!(out, " {comment}");
            }
            ("/**", _) => out.push_str("/**\n"),
            (code, _) => {
                let _ = writeln!(out, "{code}");
                depth += code.matches('{').count();
                depth = depth.saturating_sub(code.matches('}').count());
            }
        }
    }
    out
}

/// A line in two where it closes what lines before it have opened, so that the closing brace gets a line of its own.
fn before_closing(line: &str) -> Vec<&str> {
    let is_comment = line.starts_with(['/', '*']);
    let mut open = 0;
    for (at, c) in line.char_indices().filter(|_| !is_comment) {
        match c {
            '{' => open += 1,
            '}' if open == 0 && at > 0 => {
                let (field, closing) = line.split_at(at);
                return vec![field.trim_end(), closing];
            }
            '}' if open > 0 => open -= 1,
            _ => {}
        }
    }
    vec![line]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_indent_fields_and_long_comments() {
        let text = "/**\n * One.\n * Two.\n */\nexport type X = { \"A\": { \n/**\n * Short {.\n */\na: { b: number, }, } } | \"C\";";
        let expected = "/**\n * One.\n * Two.\n */\nexport type X = { \"A\": {\n    /** Short {. */\n    a: { b: number, },\n} } | \"C\";\n";
        assert_eq!(indented(text), expected);
    }
}
