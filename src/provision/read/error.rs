//! The mistakes of a manifest and where they are.

use std::fmt;

use crate::provision::rules::{Mistake, PathSegment};

/// How many mistakes are shown.
const SHOWN: usize = 20;

/// A manifest that can't be used, and why. Nothing was sent.
///
/// `Display` has a line for each mistake: file, line, column and what is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestError {
    mistakes: Vec<ManifestMistake>,
    hidden: usize,
}

/// One mistake in a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ManifestMistake {
    /// The file, as it was called; `manifest` for one that a program built.
    pub file: String,
    /// The line, from 1; none where the manifest is no text, or the mistake is about all of it.
    pub line: Option<usize>,
    /// The column in characters, from 1.
    pub column: Option<usize>,
    /// What is wrong, and what may have been meant.
    pub message: String,
}

/// A position in a text: line and column in characters, both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) line: usize,
    pub(super) column: usize,
}

impl ManifestError {
    /// The mistakes, in their order; the first 20 of them.
    pub fn mistakes(&self) -> &[ManifestMistake] {
        &self.mistakes
    }

    pub(super) fn new(mut mistakes: Vec<ManifestMistake>) -> Self {
        let hidden = mistakes.len().saturating_sub(SHOWN);
        mistakes.truncate(SHOWN);
        for of_file in mistakes.chunk_by_mut(|one, next| one.file == next.file) {
            of_file.sort_by_key(|mistake| (mistake.line, mistake.column));
        }
        Self { mistakes, hidden }
    }

    /// The error for a manifest that a program built.
    pub(in crate::provision) fn of_built(mistakes: Vec<Mistake>) -> Self {
        let with_path = |mistake: Mistake| {
            let message = format!("{}: {}", path_text(&mistake.path), mistake.message);
            ManifestMistake::new(None, message).of_file("manifest")
        };
        Self::new(mistakes.into_iter().map(with_path).collect())
    }
}

impl ManifestMistake {
    /// A mistake in a file that [`of_file`](Self::of_file) names.
    pub(super) fn new(position: Option<Position>, message: impl Into<String>) -> Self {
        let (line, column) = position.map(|position| (position.line, position.column)).unzip();
        Self { file: String::new(), line, column, message: message.into() }
    }

    pub(super) fn of_file(mut self, file: &str) -> Self {
        file.clone_into(&mut self.file);
        self
    }
}

/// `groups[0].name`
fn path_text(path: &[PathSegment]) -> String {
    let mut text = String::new();
    for segment in path {
        match segment {
            PathSegment::Tag(key) => text += &format!("[{key:?}]"),
            PathSegment::Field(name) if text.is_empty() => text += name,
            PathSegment::Field(name) => text += &format!(".{name}"),
            PathSegment::Item(index) => text += &format!("[{index}]"),
        }
    }
    text
}

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, mistake) in self.mistakes.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            f.write_str(&mistake.file)?;
            if let (Some(line), Some(column)) = (mistake.line, mistake.column) {
                write!(f, ":{line}:{column}")?;
            }
            write!(f, ": {}", mistake.message)?;
        }
        if self.hidden > 0 {
            write!(f, "\nand {} more", self.hidden)?;
        }
        Ok(())
    }
}

impl std::error::Error for ManifestError {}
