//! Questions before something is lost.
//!
//! They are asked on standard error and answered on standard input, if both are a terminal. A script can't
//! answer, and must say `--yes` beforehand.

use std::io::{self, BufRead, IsTerminal, Write};

use crate::error::Failure;

/// Whether somebody could answer, or has answered beforehand. It is asked before anything is sent.
///
/// # Errors
/// If nobody can answer: what would be done isn't, since `--yes` is missing.
pub(crate) fn may_go_on(yes: bool, what: &str) -> Result<(), Failure> {
    if yes || (io::stdin().is_terminal() && io::stderr().is_terminal()) {
        return Ok(());
    }
    Err(Failure::Usage {
        what: format!("{what} needs --yes where nobody can be asked"),
        hint: Some(
            "standard input and standard error are no terminal; give --yes to do it unasked".to_owned(),
        ),
    })
}

/// Asks, unless the answer was given beforehand. Nothing else can be done in the meantime but be interrupted.
///
/// # Errors
/// If the answer isn't yes.
pub(crate) async fn confirm(yes: bool, question: &str) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    let question = question.to_owned();
    let answer =
        tokio::task::spawn_blocking(move || ask(&mut io::stdin().lock(), &mut io::stderr(), &question));
    match answer.await {
        Ok(Ok(true)) => Ok(()),
        Ok(Ok(false)) => Err(Failure::Declined),
        Ok(Err(error)) => Err(Failure::Io("the answer".to_owned(), error)),
        Err(error) => Err(Failure::Bug(format!("the question wasn't asked: {error}"))),
    }
}

/// Asks for a yes; the end of the input is a no.
fn ask(input: &mut impl BufRead, output: &mut impl Write, question: &str) -> io::Result<bool> {
    write!(output, "{question} [y/N] ")?;
    output.flush()?;
    let mut answer = String::new();
    if input.read_line(&mut answer)? == 0 {
        // The cursor stands behind the question.
        writeln!(output)?;
    }
    Ok(["y", "yes"].contains(&answer.trim().to_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_yes_is_one() {
        for (typed, expected) in [
            ("y\n", true),
            ("Yes\n", true),
            (" YES \n", true),
            ("\n", false),
            ("n\n", false),
            ("", false),
            ("yep\n", false),
        ] {
            let mut said = Vec::new();
            assert_eq!(ask(&mut typed.as_bytes(), &mut said, "Sure?").unwrap(), expected, "{typed:?}");
            assert!(said.starts_with(b"Sure? [y/N] "));
        }
    }
}
