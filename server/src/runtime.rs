//! The threads of the sockets: tokio's, told not to wake up for every input when there are thousands of them.
//!
//! In: the number of threads. Out: a runtime to serve on. A message on a socket wakes its thread, which is right while
//! few messages come. A thread that gets more than [`BUSY_PER_S`] lets them gather for [`GATHER`] instead, as network
//! cards do: then one wake-up brings many. Messages come later by up to that time; clients measure it with everything
//! else that delays them. Figures are in docs/performance.md.

use std::cell::Cell;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};

/// Reads per second of one thread, above which messages gather.
const BUSY_PER_S: f64 = 2000.0;
/// How long they gather.
const GATHER: Duration = Duration::from_millis(1);

thread_local! {
    /// Reads of this thread since `SINCE`.
    static READS: Cell<u32> = const { Cell::new(0) };
    static SINCE: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// A runtime for [`crate::Server::serve`], with as many threads as the machine has cores unless told otherwise.
///
/// # Errors
/// When the system gives no thread.
pub fn runtime(threads: Option<usize>) -> std::io::Result<Runtime> {
    let mut builder = Builder::new_multi_thread();
    if let Some(threads) = threads {
        builder.worker_threads(threads.max(1));
    }
    builder
        .thread_name("tickwire-io")
        .on_thread_park(gather)
        .enable_all()
        .build()
}

/// Notes that something was read from a socket on this thread.
pub(crate) fn note_read() {
    READS.set(READS.get().saturating_add(1));
}

/// Runs before the thread waits for its sockets.
fn gather() {
    let now = Instant::now();
    let since = SINCE.replace(Some(now));
    let span = since.map_or(Duration::MAX, |since| now - since);
    if f64::from(READS.replace(0)) > BUSY_PER_S * span.as_secs_f64() {
        std::thread::sleep(GATHER);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_thread_that_reads_much_lets_reads_gather() {
        let parks = |reads: u32, span: Duration| {
            SINCE.set(Instant::now().checked_sub(span));
            READS.set(reads);
            let before = Instant::now();
            gather();
            assert_eq!(READS.get(), 0);
            before.elapsed() >= GATHER
        };
        assert!(parks(100, Duration::from_millis(10)));
        SINCE.set(None);
        READS.set(100);
        gather();
        assert!(SINCE.get().is_some(), "the first time nothing is known");
        // A machine that stalls here looks as if it gathered: one quiet attempt out of many will do.
        assert!((0..100).any(|_| !parks(5, Duration::from_millis(10))));
    }
}
