//! The pages of the repository: for users of the emulator and the command line, and for those who change the crate.

// Compiled for the documentation only. Where pages link to each other, the links are defined here again, before those of
// the page, which are paths in the repository. The first definition counts.

/// How a call and a request travel through the code, and what this crate does not do.
#[doc = include_str!("../ARCHITECTURE.md")]
pub mod architecture {}

/// The emulator in tests, with other clients and with its console.
///
/// [specification]: crate::guides::openapi
/// [errata]: crate::guides::openapi#errata
///
#[cfg(any(not(doctest), feature = "emulator"))]
#[doc = include_str!("../docs/emulator.md")]
pub mod emulator {}

/// All commands of `lts`, which `cargo install huaweicloud-lts --features cli` installs.
// Its help names the profile [basic], which is no link.
#[allow(rustdoc::broken_intra_doc_links)]
#[doc = include_str!("../docs/cli.md")]
pub mod command_line {}

/// A tour of `lts log`, the language of queries, and what differs on the real service.
///
/// [commands]: crate::guides::command_line
/// [emulator]: crate::guides::emulator
/// [errata]: crate::guides::openapi#errata
///
#[doc = include_str!("../docs/logs.md")]
pub mod logs {}

/// The OpenAPI documents that the crate is generated from, and the errata of the vendor's reference.
#[doc = include_str!("../openapi/README.md")]
pub mod openapi {}

/// How to add an operation in every layer.
// Its blocks of code are parts of files.
#[cfg(not(doctest))]
#[doc = include_str!("../docs/adding-an-operation.md")]
pub mod adding_an_operation {}
