//! The memory and the descriptors of a process on Linux, by its id or `self`. Memory is in kilobytes.

/// The resident memory.
pub(crate) fn resident(process: &str) -> u64 {
    status(process, "VmRSS:")
}

/// The highest resident memory since [`reset_peak`].
pub(crate) fn peak(process: &str) -> u64 {
    status(process, PEAK)
}

/// The highest resident memory of a process that may have ended.
pub(crate) fn peak_if_running(process: &str) -> Option<u64> {
    read_status(process, PEAK)
}

pub(crate) fn reset_peak(process: &str) {
    // proc(5): 5 resets the peak to the current value.
    std::fs::write(format!("/proc/{process}/clear_refs"), "5").unwrap();
}

/// The number of open descriptors.
pub(crate) fn descriptors(process: &str) -> u64 {
    std::fs::read_dir(format!("/proc/{process}/fd")).unwrap().count() as u64
}

const PEAK: &str = "VmHWM:";

fn status(process: &str, name: &str) -> u64 {
    read_status(process, name).unwrap()
}

fn read_status(process: &str, name: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    // A process that has ended has no memory to tell of.
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}
