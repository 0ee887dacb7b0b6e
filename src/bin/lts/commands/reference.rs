//! `lts reference`: a Markdown page of all commands, from the same definitions as their `--help`.

use std::fmt::Write;

use clap::{Arg, Command};

use crate::{
    after_help::{Block, blocks},
    error::CliError,
    output::print,
};

const INTRODUCTION: &str = "\
# `lts`

This page is generated: `cargo run --features cli -- reference > docs/cli.md`. A test keeps it current.

Data goes to standard output, everything else to standard error. In JSON and YAML, lists are arrays of objects
with the member names of the API. New versions may add members, but do not rename or remove any.
";

/// Prints the reference. `lts` is the whole command line, without the options of `client_options`.
pub(crate) fn run(mut lts: Command, client_options: Command) -> Result<(), CliError> {
    let mut page = INTRODUCTION.to_owned();
    lts.build();
    write_after_help(&mut page, &lts);
    page += "\n## Client options\n\nAll commands but `emulator` take them, before or after the command.\n";
    write_arguments(&mut page, &client_options);
    for command in lts.get_subcommands() {
        write_command(&mut page, command, 2);
    }
    print(&page)
}

/// Writes a command and its subcommands.
fn write_command(page: &mut String, command: &Command, level: usize) {
    if command.is_hide_set() || command.get_name() == "help" {
        return;
    }
    let name = command.get_bin_name().unwrap_or(command.get_name());
    let about = command.get_long_about().or(command.get_about()).map(ToString::to_string).unwrap_or_default();
    // Writing to a string never fails.
    let _ = write!(page, "\n{} `{name}`\n\n{}.\n", "#".repeat(level), about.trim_end_matches('.'));
    if command.has_subcommands() {
        for command in command.get_subcommands() {
            write_command(page, command, level + 1);
        }
        return;
    }
    let usage = command.clone().render_usage().to_string();
    let _ = write!(page, "\n```text\n{}\n```\n", usage.trim_start_matches("Usage: "));
    for alias in command.get_visible_aliases() {
        let _ = write!(page, "\nAlias: `{alias}`.\n");
    }
    write_arguments(page, command);
    write_after_help(page, command);
}

/// Writes a list of the arguments and options of a command.
fn write_arguments(page: &mut String, command: &Command) {
    let shown = |arg: &&Arg| !arg.is_hide_set() && !["help", "version"].contains(&arg.get_id().as_str());
    for (number, arg) in command.get_arguments().filter(shown).enumerate() {
        if number == 0 {
            page.push('\n');
        }
        let help = arg.get_long_help().or(arg.get_help()).map(ToString::to_string).unwrap_or_default();
        let mut notes = Vec::new();
        let values = arg.get_possible_values();
        let takes_value = arg.get_action().takes_values();
        if takes_value && !values.is_empty() {
            let names: Vec<_> = values.iter().map(|value| format!("`{}`", value.get_name())).collect();
            notes.push(names.join(", "));
        }
        let defaults: Vec<_> = arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
        if takes_value && !defaults.is_empty() {
            notes.push(format!("default `{}`", defaults.join(",")));
        }
        let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join("; ")) };
        let _ = writeln!(page, "- `{}`: {}{notes}", syntax(arg), help.trim_end_matches('.'));
    }
}

/// An argument as it is typed: `-o, --output FORMAT`.
fn syntax(arg: &Arg) -> String {
    let value = match arg.get_value_names() {
        Some([name, ..]) => name.to_string(),
        _ => arg.get_id().to_string().to_uppercase(),
    };
    if arg.is_positional() {
        return value;
    }
    let short = arg.get_short().map(|short| format!("-{short}"));
    let long = arg.get_long().map(|long| format!("--{long}"));
    let names: Vec<String> = short.into_iter().chain(long).collect();
    let value = if arg.get_action().takes_values() { format!(" {value}") } else { String::new() };
    format!("{}{value}", names.join(", "))
}

/// Writes the text after a command's help.
fn write_after_help(page: &mut String, command: &Command) {
    for block in blocks(command) {
        let _ = match block {
            Block::Code { title, lines } => {
                write!(page, "\n{title}\n\n```text\n{}\n```\n", lines.join("\n"))
            }
            Block::Paragraph(text) => write!(page, "\n{text}\n"),
        };
    }
}
