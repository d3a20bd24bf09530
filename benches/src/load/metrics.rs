//! What a server takes of its machine: what a Tickwire server reports at `/metrics`, and what the system reports about
//! any server's process.
//!
//! In: two looks, before and after. Out: CPU, memory and how late ticks were in between.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde::Serialize;

/// The longest wait for one look.
const PATIENCE: Duration = Duration::from_secs(2);

/// One look at a server.
#[derive(Clone, Debug)]
pub(super) struct Look {
    at: Instant,
    text: String,
}

/// What happened between two looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct ServerFigures {
    /// Share of one core.
    pub cpu: f64,
    /// Resident memory at the end, bytes.
    pub resident_bytes: f64,
    /// Half of the room ticks began at most this late, ms. It is the upper end of a bucket, like the next two.
    pub tick_late_ms_p50: f64,
    /// 99 % of the room ticks began at most this late, ms.
    pub tick_late_ms_p99: f64,
    /// No room tick began later than this, ms. If the latest tick of the server's whole life says more, it is that one.
    pub tick_late_ms_max: f64,
    /// 99.9 % of the ticks began at most this late, ms.
    pub tick_late_ms_p999: f64,
    /// Room ticks per second, all rooms together.
    pub ticks_per_s: f64,
    /// Mean time of a room tick, us.
    pub tick_us_mean: f64,
}

impl Look {
    /// Asks `address`. None if it does not answer.
    pub(super) fn at(address: &str) -> Option<Look> {
        let mut stream = TcpStream::connect(address).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).ok()?;
        write!(
            stream,
            "GET /metrics HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
        )
        .ok()?;
        let mut text = String::new();
        stream.read_to_string(&mut text).ok()?;
        text.starts_with("HTTP/1.1 200").then(|| Look {
            at: Instant::now(),
            text,
        })
    }

    /// What happened between `before` and this look. None if the server does not count it.
    pub(super) fn since(&self, before: &Look) -> Option<ServerFigures> {
        let passed_s = (self.at - before.at).as_secs_f64();
        let grown = |name: &str| Some(value(&self.text, name)? - value(&before.text, name)?);
        let late = buckets(&self.text, &before.text);
        let ticks = grown("tickwire_tick_seconds_count")?;
        let latest_s =
            value(&self.text, "tickwire_tick_lateness_max_seconds").unwrap_or(f64::INFINITY);
        Some(ServerFigures {
            cpu: grown("process_cpu_seconds_total")? / passed_s,
            resident_bytes: value(&self.text, "process_resident_memory_bytes")?,
            tick_late_ms_p50: quantile(&late, 0.5).min(latest_s) * 1000.0,
            tick_late_ms_p99: quantile(&late, 0.99).min(latest_s) * 1000.0,
            tick_late_ms_p999: quantile(&late, 0.999).min(latest_s) * 1000.0,
            tick_late_ms_max: quantile(&late, 1.0).min(latest_s) * 1000.0,
            ticks_per_s: ticks / passed_s,
            tick_us_mean: grown("tickwire_tick_seconds_sum")? / ticks.max(1.0) * 1e6,
        })
    }
}

/// What a server's process took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct ProcessFigures {
    /// Share of one core.
    pub cpu: f64,
    /// The part of it that was spent in the kernel.
    pub kernel_cpu: f64,
    /// Resident memory at the end, bytes.
    pub resident_bytes: f64,
}

/// One look at a process on this machine.
#[derive(Clone, Copy, Debug)]
pub(super) struct ProcessLook {
    at: Instant,
    program_s: f64,
    kernel_s: f64,
    resident_bytes: f64,
}

impl ProcessLook {
    /// Looks at a process. None where the system does not report it (only Linux does).
    pub(super) fn at(process: u32) -> Option<ProcessLook> {
        let read = |file: &str| std::fs::read_to_string(format!("/proc/{process}/{file}")).ok();
        let (stat, status) = (read("stat")?, read("status")?);
        // Fields 14 and 15, in hundredths of a second; the name before them ends with the last parenthesis.
        let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(11);
        let mut next = || fields.next()?.parse::<f64>().ok();
        let resident = status.lines().find_map(|line| {
            let kib = line.strip_prefix("VmRSS:")?.strip_suffix("kB")?;
            kib.trim().parse::<f64>().ok()
        });
        Some(ProcessLook {
            at: Instant::now(),
            program_s: next()? / 100.0,
            kernel_s: next()? / 100.0,
            resident_bytes: resident? * 1024.0,
        })
    }

    /// What the process took between `before` and this look.
    pub(super) fn since(&self, before: &ProcessLook) -> ProcessFigures {
        let passed_s = (self.at - before.at).as_secs_f64();
        let kernel_cpu = (self.kernel_s - before.kernel_s) / passed_s;
        ProcessFigures {
            cpu: (self.program_s - before.program_s) / passed_s + kernel_cpu,
            kernel_cpu,
            resident_bytes: self.resident_bytes,
        }
    }
}

/// Resident memory of a process on this machine, bytes. None where the system does not report it.
pub fn resident_bytes(process: u32) -> Option<f64> {
    ProcessLook::at(process).map(|look| look.resident_bytes)
}

/// The value of a metric without labels.
pub(crate) fn value(text: &str, name: &str) -> Option<f64> {
    text.lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
}

/// Upper ends of the lateness histogram's buckets, seconds, and the number of ticks at or below each of them.
fn buckets(text: &str, before: &str) -> Vec<(f64, f64)> {
    let read = |text: &str| -> Vec<(f64, f64)> {
        text.lines()
            .filter_map(|line| {
                let rest = line.strip_prefix("tickwire_tick_lateness_seconds_bucket{le=\"")?;
                let (end, count) = rest.split_once("\"} ")?;
                Some((end.parse().unwrap_or(f64::INFINITY), count.parse().ok()?))
            })
            .collect()
    };
    let earlier = read(before);
    read(text)
        .into_iter()
        .enumerate()
        .map(|(at, (end, count))| (end, count - earlier.get(at).map_or(0.0, |before| before.1)))
        .collect()
}

/// The upper end of the bucket that holds this part; it may be infinite. 0 if nothing was counted.
fn quantile(buckets: &[(f64, f64)], part: f64) -> f64 {
    let all = buckets.last().map_or(0.0, |last| last.1);
    let bucket = buckets.iter().find(|(_, count)| *count >= part * all);
    bucket.filter(|_| all > 0.0).map_or(0.0, |bucket| bucket.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_what_happened_between_two_looks() {
        let text = |cpu: f64, low: u32, all: u32| {
            format!(
                "process_cpu_seconds_total {cpu}\nprocess_resident_memory_bytes 1000\n\
                 tickwire_tick_seconds_sum {}\ntickwire_tick_seconds_count {all}\n\
                 tickwire_tick_lateness_max_seconds 0.0016\n\
                 tickwire_tick_lateness_seconds_bucket{{le=\"0.001\"}} {low}\n\
                 tickwire_tick_lateness_seconds_bucket{{le=\"0.002\"}} {all}\n\
                 tickwire_tick_lateness_seconds_bucket{{le=\"+Inf\"}} {all}\n",
                f64::from(all) * 0.0005
            )
        };
        let at = Instant::now();
        let before = Look {
            at,
            text: text(1.0, 10, 10),
        };
        let after = Look {
            at: at + Duration::from_secs(2),
            text: text(2.0, 109, 110),
        };
        let figures = after.since(&before).unwrap();
        assert_eq!((figures.cpu, figures.resident_bytes), (0.5, 1000.0));
        assert_eq!(
            (figures.tick_late_ms_p50, figures.tick_late_ms_p99),
            (1.0, 1.0)
        );
        assert_eq!((figures.tick_late_ms_max, figures.ticks_per_s), (1.6, 50.0));
        assert!((figures.tick_us_mean - 500.0).abs() < 1e-6);
    }
}
