//! Counters that many threads raise at every tick and message. Each thread raises its own part, so no cache line goes back
//! and forth between cores, and no lock is taken; whoever reads sums the parts up.
//!
//! In: counts and observed times, from any thread. Out: sums, for the registry of metrics.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use prometheus_client::encoding::{EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::Atomic;

/// Parts of a counter. With more threads than that, some share a part, which is slower and just as right.
const PARTS: usize = 256;

/// The part of the thread that asks.
fn part() -> usize {
    static THREADS: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static PART: Cell<Option<usize>> = const { Cell::new(None) };
    }
    PART.get().unwrap_or_else(|| {
        let part = THREADS.fetch_add(1, Ordering::Relaxed) % PARTS;
        PART.set(Some(part));
        part
    })
}

/// One thread's part of a counter, on cache lines of its own.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Part(AtomicU64);

/// The value of a counter.
#[derive(Debug)]
pub(crate) struct Sharded([Part; PARTS]);

impl Default for Sharded {
    fn default() -> Sharded {
        Sharded(std::array::from_fn(|_| Part::default()))
    }
}

impl Atomic<u64> for Sharded {
    fn inc(&self) -> u64 {
        self.inc_by(1)
    }

    /// Gives what this thread's part was before.
    fn inc_by(&self, by: u64) -> u64 {
        let part = self.0.get(part());
        part.map_or(0, |part| part.0.fetch_add(by, Ordering::Relaxed))
    }

    fn get(&self) -> u64 {
        let parts = self.0.iter();
        parts.map(|part| part.0.load(Ordering::Relaxed)).sum()
    }
}

/// One thread's part of a histogram with `N` buckets, the last of which has no upper end.
#[derive(Debug)]
#[repr(align(128))]
struct Observed<const N: usize> {
    counts: [AtomicU64; N],
    sum_ns: AtomicU64,
}

/// A histogram of times, in seconds.
#[derive(Clone, Debug)]
pub(crate) struct Times<const N: usize> {
    /// The buckets' upper ends, rising. The last is infinite.
    ends_s: [f64; N],
    parts: Arc<[Observed<N>]>,
}

impl<const N: usize> Times<N> {
    /// With these upper ends of its buckets, seconds, which rise. The last one must be `f64::INFINITY`.
    pub(crate) fn new(ends_s: [f64; N]) -> Times<N> {
        let observed = |_| Observed {
            counts: std::array::from_fn(|_| AtomicU64::new(0)),
            sum_ns: AtomicU64::new(0),
        };
        Times {
            ends_s,
            parts: (0..PARTS).map(observed).collect(),
        }
    }

    pub(crate) fn observe(&self, time: Duration) {
        let time_s = time.as_secs_f64();
        let bucket = self.ends_s.partition_point(|end_s| *end_s < time_s);
        if let Some(part) = self.parts.get(part())
            && let Some(count) = part.counts.get(bucket)
        {
            count.fetch_add(1, Ordering::Relaxed);
            let ns = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
            part.sum_ns.fetch_add(ns, Ordering::Relaxed);
        }
    }
}

impl<const N: usize> EncodeMetric for Times<N> {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> Result<(), std::fmt::Error> {
        let count = |bucket: usize| {
            let counts = self.parts.iter().filter_map(|part| part.counts.get(bucket));
            counts.map(|count| count.load(Ordering::Relaxed)).sum()
        };
        let buckets = self.ends_s.iter().enumerate();
        let buckets: Vec<(f64, u64)> = buckets.map(|(at, end_s)| (*end_s, count(at))).collect();
        let sums_ns = self.parts.iter().map(|part| &part.sum_ns);
        let sum_ns = sums_ns.map(|sum| sum.load(Ordering::Relaxed)).sum::<u64>();
        let all = buckets.iter().map(|(_, count)| count).sum();
        let sum_s = sum_ns as f64 / 1e9;
        encoder.encode_histogram::<NoLabelSet>(sum_s, all, &buckets, None)
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Histogram
    }
}

#[cfg(test)]
mod tests {
    use prometheus_client::encoding::text::encode;
    use prometheus_client::metrics::counter::Counter;
    use prometheus_client::registry::Registry;

    use super::*;

    #[test]
    fn what_many_threads_count_is_summed_up() {
        let counter = Counter::<u64, Sharded>::default();
        let times = Times::new([0.001, 0.01, f64::INFINITY]);
        std::thread::scope(|scope| {
            for thread in 0..(PARTS + 3) as u64 {
                let (counter, times) = (&counter, &times);
                scope.spawn(move || {
                    counter.inc_by(thread);
                    times.observe(Duration::from_micros(500));
                    times.observe(Duration::from_millis(10));
                    times.observe(Duration::from_secs(1));
                });
            }
        });
        let threads = PARTS + 3;
        assert_eq!(counter.get() as usize, threads * (threads - 1) / 2);
        let mut registry = Registry::default();
        registry.register("times", "Times", times);
        let mut text = String::new();
        encode(&mut text, &registry).unwrap();
        for line in [
            format!(
                "times_sum {}",
                (threads as u64 * 1_010_500_000) as f64 / 1e9
            ),
            format!("times_count {}", 3 * threads),
            format!("times_bucket{{le=\"0.001\"}} {threads}"),
            format!("times_bucket{{le=\"0.01\"}} {}", 2 * threads),
            format!("times_bucket{{le=\"+Inf\"}} {}", 3 * threads),
        ] {
            assert!(text.contains(&line), "{line} in {text}");
        }
    }
}
