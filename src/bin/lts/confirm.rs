//! Confirmation prompts before data is deleted.
//!
//! A prompt needs a terminal on standard input and standard error. A script passes `--yes` instead.

use std::io::{self, BufRead, IsTerminal, Write};

use huaweicloud_lts::escape;

use crate::error::CliError;

/// Fails if a confirmation will be needed and can't be asked for. It is checked before any request is sent.
pub(crate) fn ensure_confirmable(yes: bool, action: &str) -> Result<(), CliError> {
    if yes || (io::stdin().is_terminal() && io::stderr().is_terminal()) {
        return Ok(());
    }
    Err(CliError::Usage {
        what: format!("{action} needs a confirmation, and there is no terminal to ask on"),
        hint: Some("pass --yes to skip the confirmation prompt".to_owned()),
    })
}

/// Shows a prompt and waits for the reply, unless `yes` is set. Any reply but yes is [`CliError::Declined`].
pub(crate) async fn confirm(yes: bool, question: &str) -> Result<(), CliError> {
    if yes {
        return Ok(());
    }
    let question = question.to_owned();
    // On a separate thread, so that an interrupt is noticed while it waits.
    let reply =
        tokio::task::spawn_blocking(move || prompt(&mut io::stdin().lock(), &mut io::stderr(), &question));
    match reply.await {
        Ok(Ok(true)) => Ok(()),
        Ok(Ok(false)) => Err(CliError::Declined),
        Ok(Err(error)) => Err(CliError::Io("reading the reply".to_owned(), error)),
        Err(error) => Err(CliError::Bug(format!("the prompt failed: {error}"))),
    }
}

/// Asks a question; the end of the input counts as a no.
fn prompt(input: &mut impl BufRead, output: &mut impl Write, question: &str) -> io::Result<bool> {
    write!(output, "{} [y/N] ", escape::line(question))?;
    output.flush()?;
    let mut reply = String::new();
    if input.read_line(&mut reply)? == 0 {
        // Nothing was typed, so the cursor is still behind the question.
        writeln!(output)?;
    }
    Ok(["y", "yes"].contains(&reply.trim().to_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompt_accepts_only_yes() {
        for (typed, expected) in [
            ("y\n", true),
            ("Yes\n", true),
            (" YES \n", true),
            ("\n", false),
            ("n\n", false),
            ("", false),
            ("yep\n", false),
        ] {
            let mut shown = Vec::new();
            assert_eq!(prompt(&mut typed.as_bytes(), &mut shown, "Sure?").unwrap(), expected, "{typed:?}");
            assert!(shown.starts_with(b"Sure? [y/N] "));
        }
    }
}
