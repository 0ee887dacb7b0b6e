//! The memory of a process on Linux, by its id or `self`, in kilobytes.

/// The resident memory.
pub(crate) fn resident(process: &str) -> u64 {
    status(process, "VmRSS:")
}

/// The highest resident memory since [`reset_peak`].
pub(crate) fn peak(process: &str) -> u64 {
    status(process, "VmHWM:")
}

pub(crate) fn reset_peak(process: &str) {
    // proc(5): 5 resets the peak to the current value.
    std::fs::write(format!("/proc/{process}/clear_refs"), "5").unwrap();
}

fn status(process: &str, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
