//! Reads files of bounded size.

use std::{
    fs::{Metadata, OpenOptions},
    io::{self, Read},
    path::Path,
};

/// Reads a regular file of at most `max` bytes. A device has no end, and a pipe may never get a writer: both are an error at
/// once.
///
/// # Errors
/// Those of the file system, and [`io::ErrorKind::InvalidInput`] for what is not a regular file or is too large. The message
/// names the rule, not the file.
pub fn read_regular_file(file: impl AsRef<Path>, max: u64) -> io::Result<Vec<u8>> {
    let file = file.as_ref();
    // Before opening it: that waits for a writer if the file is a pipe.
    check(&file.metadata()?, max)?;
    let file = options().open(file)?;
    let facts = file.metadata()?;
    check(&facts, max)?;
    let mut bytes = Vec::with_capacity(facts.len().try_into().unwrap_or_default());
    // The file may grow meanwhile.
    file.take(max.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > max {
        return Err(too_large(max));
    }
    Ok(bytes)
}

/// How a file is opened: without waiting for data, since some files of Linux that claim to be regular ones have an end only
/// when the system has nothing to tell (`/proc/kmsg`).
fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(all(target_os = "linux", any(target_arch = "aarch64", target_arch = "x86_64")))]
    {
        /// From the system's `fcntl.h`.
        const O_NONBLOCK: i32 = 0o4000;
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, O_NONBLOCK);
    }
    options
}

fn check(facts: &Metadata, max: u64) -> io::Result<()> {
    if facts.is_dir() {
        return Err(invalid("is a directory, not a file"));
    }
    if !facts.is_file() {
        return Err(invalid("is not a regular file"));
    }
    if facts.len() > max { Err(too_large(max)) } else { Ok(()) }
}

fn too_large(max: u64) -> io::Error {
    invalid(format!("is larger than {max} bytes"))
}

fn invalid(why: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, why.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regular_file_is_read_up_to_the_limit() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "12345").unwrap();
        assert_eq!(read_regular_file(file.path(), 5).unwrap(), b"12345");
        let error = read_regular_file(file.path(), 4).unwrap_err();
        assert_eq!(error.to_string(), "is larger than 4 bytes");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn file_that_pretends_to_be_empty_is_bounded() {
        // Regular, with a length of 0.
        assert_eq!(
            read_regular_file("/proc/self/status", 10).unwrap_err().to_string(),
            "is larger than 10 bytes"
        );
    }

    #[cfg(unix)]
    #[test]
    fn directory_and_device_are_rejected() {
        let error = |file: &str| read_regular_file(file, 1 << 20).unwrap_err().to_string();
        assert_eq!(error("/"), "is a directory, not a file");
        assert_eq!(error("/dev/zero"), "is not a regular file");
    }
}
