//! `lts emulator`.
use crate::exit::Failure;
#[derive(Debug, clap::Args)]
pub(crate) struct EmulatorArguments {}
pub(crate) fn run(_: EmulatorArguments) -> Result<(), Failure> {
    Ok(())
}
