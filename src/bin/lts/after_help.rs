//! The text after a command's help, as blocks.

use clap::Command;

/// A block of the text.
pub(crate) enum Block {
    /// A title, and lines as they are typed or printed.
    Code { title: String, lines: Vec<String> },
    /// A paragraph.
    Paragraph(String),
}

/// The blocks of a command's text: lines that are all indented are code with a title.
pub(crate) fn blocks(command: &Command) -> Vec<Block> {
    let text = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    text.split("\n\n").filter(|block| !block.is_empty()).map(block).collect()
}

fn block(text: &str) -> Block {
    let (title, rest) = text.split_once('\n').unwrap_or((text, ""));
    let lines = rest.lines().map(|line| line.strip_prefix("  ").map(str::to_owned));
    match lines.collect::<Option<Vec<_>>>() {
        Some(lines) if !lines.is_empty() => Block::Code { title: title.to_owned(), lines },
        _ => Block::Paragraph(text.to_owned()),
    }
}
