//! Splits bytes into lines.

use huaweicloud_lts::spec::limits;

/// What stands for the end of a line that was cut.
const MARK: &str = "… [cut]";

/// A line of the input.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct InputLine {
    pub(super) content: String,
    /// Its length in the input in bytes, with the line end.
    pub(super) length: u64,
    /// Whether bytes were replaced, since they were no UTF-8.
    pub(super) was_replaced: bool,
    /// Whether it was too long.
    pub(super) was_cut: bool,
}

/// Splits chunks of bytes into lines, and keeps the start of a line for the next chunk. It keeps no more of a line than
/// the service accepts.
#[derive(Debug, Default)]
pub(super) struct LineSplitter {
    start: Vec<u8>,
    /// The length of the unfinished line in the input.
    length: u64,
}

impl LineSplitter {
    /// The lines that end in this chunk.
    pub(super) fn split(&mut self, chunk: &[u8]) -> Vec<InputLine> {
        let mut lines = Vec::new();
        for piece in chunk.split_inclusive(|byte| *byte == b'\n') {
            self.length += piece.len() as u64;
            // One byte more shows that the line is too long, and another may be a carriage return.
            let room = (max_line() + 2).saturating_sub(self.start.len());
            let content = piece.strip_suffix(b"\n");
            let kept = content.unwrap_or(piece);
            self.start.extend_from_slice(&kept[..kept.len().min(room)]);
            if content.is_some() {
                if self.start.last() == Some(&b'\r') {
                    self.start.pop();
                }
                lines.push(self.take());
            }
        }
        lines
    }

    /// The last line, if the input doesn't end with a line end.
    pub(super) fn rest(&mut self) -> Option<InputLine> {
        (self.length > 0).then(|| self.take())
    }

    fn take(&mut self) -> InputLine {
        let length = std::mem::take(&mut self.length);
        let bytes = std::mem::take(&mut self.start);
        let (mut content, was_replaced) = match String::from_utf8(bytes) {
            Ok(content) => (content, false),
            Err(error) => (String::from_utf8_lossy(error.as_bytes()).into_owned(), true),
        };
        let was_cut = content.len() > max_line();
        if was_cut {
            let room = max_line() - MARK.len();
            let end = (0..=room).rev().find(|end| content.is_char_boundary(*end)).unwrap_or(0);
            content.truncate(end);
            content.push_str(MARK);
        }
        InputLine { content, length, was_replaced, was_cut }
    }
}

/// The longest line in bytes.
fn max_line() -> usize {
    limits::LOG_CONTENT.max as usize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(chunks: &[&[u8]]) -> Vec<InputLine> {
        let mut splitter = LineSplitter::default();
        let mut lines: Vec<_> = chunks.iter().flat_map(|chunk| splitter.split(chunk)).collect();
        lines.extend(splitter.rest());
        lines
    }

    proptest! {
        #[test]
        fn chunks_do_not_matter(text in "[a-c\\r\\n]{0,60}", at in any::<prop::sample::Index>()) {
            let bytes = text.as_bytes();
            let (first, second) = bytes.split_at(at.index(bytes.len() + 1));
            let lines = split(&[first, second]);
            prop_assert_eq!(&lines, &split(&[bytes]));
            let contents: Vec<_> = lines.iter().map(|line| line.content.as_str()).collect();
            prop_assert_eq!(contents, text.lines().collect::<Vec<_>>());
            prop_assert_eq!(lines.iter().map(|line| line.length).sum::<u64>(), bytes.len() as u64);
        }
    }

    #[test]
    fn long_lines_are_cut_and_bad_bytes_replaced() {
        let long = vec![b'a'; max_line()];
        let lines = split(&[&long, b"\r\n", &long, b"b\nc\xffd\n", "ä".repeat(max_line()).as_bytes()]);
        assert!(lines[0].content.len() == max_line() && !lines[0].was_cut);
        assert_eq!(lines[0].length, max_line() as u64 + 2);
        assert!(lines[1].was_cut && lines[1].content.len() <= max_line() && lines[1].content.ends_with(MARK));
        assert_eq!((lines[2].content.as_str(), lines[2].was_replaced), ("c\u{fffd}d", true));
        assert!(lines[3].was_cut && lines[3].content.ends_with("ä… [cut]"));
        assert_eq!(lines[3].length, 2 * max_line() as u64);
    }
}
