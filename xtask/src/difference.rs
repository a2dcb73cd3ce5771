//! Where two texts that should be the same part.

/// The first line that differs, numbered from one, as both sides have it; `None` when the texts are equal.
pub(crate) fn first_difference(left: (&str, &[u8]), right: (&str, &[u8])) -> Option<String> {
    if left.1 == right.1 {
        return None;
    }
    let mut left_lines = left.1.split_inclusive(|byte| *byte == b'\n');
    let mut right_lines = right.1.split_inclusive(|byte| *byte == b'\n');
    let mut number = 0;
    loop {
        number += 1;
        let (a, b) = (left_lines.next(), right_lines.next());
        if a != b {
            return Some(format!("line {number}:\n  {}: {}\n  {}: {}", left.0, shown(a), right.0, shown(b)));
        }
    }
}

/// A line in quotes, so that blanks and line ends can be told apart.
fn shown(line: Option<&[u8]>) -> String {
    line.map_or_else(|| "(end)".into(), |line| format!("{:?}", String::from_utf8_lossy(line)))
}

#[cfg(test)]
mod tests {
    use super::first_difference;

    fn difference(left: &str, right: &str) -> Option<String> {
        first_difference(("a", left.as_bytes()), ("b", right.as_bytes()))
    }

    #[test]
    fn equal_texts_have_none() {
        assert_eq!(difference("", ""), None);
        assert_eq!(difference("x\ny\n", "x\ny\n"), None);
    }

    #[test]
    fn names_the_line_and_both_sides() {
        let expected = "line 2:\n  a: \"y\\n\"\n  b: \"z\\n\"";
        assert_eq!(difference("x\ny\n", "x\nz\n").as_deref(), Some(expected));
    }

    #[test]
    fn sees_a_missing_end() {
        assert_eq!(difference("x\n", "x\ny").as_deref(), Some("line 2:\n  a: (end)\n  b: \"y\""));
        assert_eq!(difference("x\n", "x").as_deref(), Some("line 1:\n  a: \"x\\n\"\n  b: \"x\""));
    }
}
