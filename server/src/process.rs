//! What this process uses of the machine: CPU time and resident memory, for `GET /metrics`.
//!
//! In: the kernel's own files about it (Linux; elsewhere there is nothing to say). Out: lines of OpenMetrics text under
//! the names that every exporter uses. Read when asked, never in a tick.

use std::fmt::Write;

/// The kernel counts CPU time in this many units per second: fixed in what it shows to programs.
const CLOCK_TICKS_PER_S: f64 = 100.0;

/// What the process has used, as metrics; empty where the system does not say.
pub(crate) fn text() -> String {
    let mut out = String::new();
    if let Some(seconds) = read("/proc/self/stat").as_deref().and_then(cpu_s) {
        // Writing to a String does not fail.
        let _ = write!(
            out,
            "# HELP process_cpu_seconds User and system CPU time.\n# TYPE process_cpu_seconds counter\n\
             # UNIT process_cpu_seconds seconds\nprocess_cpu_seconds_total {seconds}\n"
        );
    }
    if let Some(bytes) = read("/proc/self/status")
        .as_deref()
        .and_then(resident_bytes)
    {
        let _ = write!(
            out,
            "# HELP process_resident_memory_bytes Resident memory.\n# TYPE process_resident_memory_bytes gauge\n\
             # UNIT process_resident_memory_bytes bytes\nprocess_resident_memory_bytes {bytes}\n"
        );
    }
    out
}

fn read(path: &str) -> Option<String> {
    std::fs::read_to_string(path).ok()
}

/// User and system time from a `/proc/PID/stat`, seconds: fields 14 and 15. The name, field 2, may hold anything but
/// ends with the last parenthesis.
fn cpu_s(stat: &str) -> Option<f64> {
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some((user + system) / CLOCK_TICKS_PER_S)
}

/// `VmRSS` from a `/proc/PID/status`, bytes.
fn resident_bytes(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_time_is_read_whatever_the_process_is_called() {
        let stat = "42 (a ) 7 8 (b) R 1 42 42 0 -1 4194304 100 0 0 0 250 150 0 0 20 0 4 0 1000 1 1";
        assert_eq!(cpu_s(stat), Some(4.0));
        assert_eq!(cpu_s("42 (short) R 1"), None);
    }

    #[test]
    fn resident_memory_is_read_in_bytes() {
        assert_eq!(
            resident_bytes("Name:\tx\nVmRSS:\t    2048 kB\nThreads:\t1\n"),
            Some(2 << 20)
        );
        assert_eq!(resident_bytes("Name:\tx\n"), None);
    }
}
