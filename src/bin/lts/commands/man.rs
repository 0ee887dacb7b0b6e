//! `lts man`: manual pages, from the same definitions as the help of the commands.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process,
};

use clap::{ArgAction, Args, Command};
use clap_mangen::{
    Man,
    roff::{Roff, bold, italic, roman},
};

use crate::{
    after_help::{Block, blocks},
    commands::config::{PROFILE_FILE, VARIABLES},
    error::CliError,
    output::print_bytes,
};

#[derive(Debug, Args)]
#[command(after_help = "\
Writes lts.1, lts-group.1, lts-group-create.1 and so on.

Examples:
  lts man ~/.local/share/man/man1
  lts man | man -l -")]
pub(crate) struct ManArguments {
    /// Folder to write the pages to, created if needed. Without it, the page lts(1) is printed.
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

/// Writes the pages of `lts`, the whole command line without client options, which `add_client_options` adds.
pub(crate) fn run(
    arguments: &ManArguments,
    lts: Command,
    add_client_options: fn(Command) -> Command,
) -> Result<(), CliError> {
    // The pages of the other commands refer to this one.
    let mut lts = add_client_options(lts).disable_help_subcommand(true);
    lts.build();
    let Some(folder) = &arguments.folder else {
        return print_bytes(&page(&lts, true).map_err(|error| CliError::Io("lts.1".to_owned(), error))?);
    };
    let mut pages = Vec::new();
    add_pages(&mut pages, &lts, true)
        .and_then(|()| write(folder, &pages))
        .map_err(|error| CliError::Io(format!("could not write the manual pages to {folder:?}"), error))
}

/// Adds the pages of a command and its subcommands, with their file names.
fn add_pages(pages: &mut Vec<(String, Vec<u8>)>, command: &Command, is_root: bool) -> io::Result<()> {
    let name = command.get_display_name().unwrap_or(command.get_name());
    pages.push((format!("{name}.1"), page(command, is_root)?));
    for subcommand in command.get_subcommands().filter(|command| !command.is_hide_set()) {
        add_pages(pages, subcommand, false)?;
    }
    Ok(())
}

fn page(command: &Command, is_root: bool) -> io::Result<Vec<u8>> {
    let version = concat!("lts ", env!("CARGO_PKG_VERSION"));
    let man = Man::new(command.clone()).source(version).manual("Log Tank Service");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    synopsis(command).to_writer(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    if is_root {
        environment_and_files().to_writer(&mut page)?;
    }
    notes(command, is_root).to_writer(&mut page)?;
    Ok(page)
}

/// The section with the arguments in one line; unlike that of `clap_mangen`, it shows the values of options.
fn synopsis(command: &Command) -> Roff {
    let mut line = vec![bold(command.get_bin_name().unwrap_or(command.get_name()))];
    let arguments = || command.get_arguments().filter(|arg| !arg.is_hide_set());
    for arg in
        arguments().filter(|arg| !arg.is_positional()).chain(arguments().filter(|arg| arg.is_positional()))
    {
        let is_required = arg.is_required_set();
        line.push(roman(if is_required { " " } else { " [" }));
        let names = arg.get_short().map(|short| format!("-{short}"));
        let names: Vec<_> = names.into_iter().chain(arg.get_long().map(|long| format!("--{long}"))).collect();
        if !arg.is_positional() {
            line.push(bold(names.join("|")));
        }
        if arg.get_action().takes_values() {
            let value =
                arg.get_value_names().map_or_else(|| arg.get_id().to_string(), |names| names.join(" "));
            line.extend([roman(if arg.is_positional() { "" } else { " " }), italic(value)]);
        }
        let is_repeatable = matches!(arg.get_action(), ArgAction::Append | ArgAction::Count);
        line.push(roman(if is_repeatable { "..." } else { "" }));
        line.push(roman(if is_required { "" } else { "]" }));
    }
    if command.has_subcommands() {
        line.extend([roman(" "), italic("COMMAND")]);
    }
    let mut roff = Roff::new();
    roff.control("SH", ["SYNOPSIS"]).text(line);
    roff
}

/// The sections of lts(1) about settings.
fn environment_and_files() -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["ENVIRONMENT"]);
    for (name, meaning) in VARIABLES {
        roff.control("TP", []).text([bold(*name)]).text([roman(*meaning)]);
    }
    roff.control("SH", ["FILES"]);
    roff.control("TP", []).text([italic(PROFILE_FILE)]);
    roff.text([roman("profiles; lts-config-profiles(1) shows an example")]);
    roff
}

/// The text after the command's help, with its examples line by line.
fn notes(command: &Command, is_root: bool) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["NOTES"]);
    for block in blocks(command) {
        match block {
            Block::Code { title, lines } => {
                roff.control("PP", []).text([roman(title)]).control("PP", []).control("nf", []);
                for line in lines {
                    roff.text([roman(format!("    {line}"))]);
                }
                roff.control("fi", []);
            }
            Block::Paragraph(text) => {
                roff.control("PP", []).text([roman(text)]);
            }
        }
    }
    if !is_root && command.get_name() != "emulator" {
        let text = "The options for connection and output, such as --region, are in lts(1).";
        roff.control("PP", []).text([roman(text)]);
    }
    roff
}

/// Writes all pages or none: each gets its name once all are written.
fn write(folder: &Path, pages: &[(String, Vec<u8>)]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let path = |name: &str| folder.join(name);
    let unfinished = |name: &str| folder.join(format!(".{name}.{}", process::id()));
    let written = pages.iter().try_for_each(|(name, page)| fs::write(unfinished(name), page));
    let written = written
        .and_then(|()| pages.iter().try_for_each(|(name, _)| fs::rename(unfinished(name), path(name))));
    if written.is_err() {
        for (name, _) in pages {
            // Missing if it was not written or has its name.
            let _ = fs::remove_file(unfinished(name));
        }
    }
    written
}
