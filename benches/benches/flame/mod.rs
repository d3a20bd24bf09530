//! The profile switch: `cargo bench -p tickwire-benches --bench NAME -- --profile-time 10` runs each benchmark for ten
//! seconds without timing it, and writes `target/criterion/BENCHMARK/profile/flamegraph.svg`.
//!
//! In: criterion's signal that a benchmark starts or stops. Out: where its time went, as a picture that any browser
//! opens.

use std::path::Path;

use criterion::Criterion;
#[cfg(unix)]
use criterion::profiler::Profiler;

/// Samples of the stack per second: a prime, so that it does not beat with ticks.
#[cfg(unix)]
const SAMPLES_HZ: i32 = 997;

/// Samples the stack while a benchmark runs.
#[cfg(unix)]
#[derive(Default)]
struct Flame(Option<pprof::ProfilerGuard<'static>>);

#[cfg(unix)]
impl Profiler for Flame {
    fn start_profiling(&mut self, _benchmark: &str, _folder: &Path) {
        // A signal that comes while the C library unwinds or loads would wait for a lock that is already held.
        let blocked = ["libc", "libgcc", "pthread", "vdso"];
        let guard = pprof::ProfilerGuardBuilder::default();
        let guard = guard.frequency(SAMPLES_HZ).blocklist(&blocked).build();
        self.0 = Some(guard.expect("the profile timer starts"));
    }

    fn stop_profiling(&mut self, _benchmark: &str, folder: &Path) {
        let guard = self.0.take().expect("profiling was started");
        let report = guard.report().build().expect("stacks have names");
        std::fs::create_dir_all(folder).expect("the profile's folder is made");
        let path = folder.join("flamegraph.svg");
        let file = std::fs::File::create(&path).expect("the flame graph's file is made");
        report.flamegraph(file).expect("the flame graph is drawn");
        eprintln!("flame graph: {}", path.display());
    }
}

/// Criterion with this many samples, and with flame graphs on systems that have the signals for it.
pub(crate) fn criterion(samples: usize) -> Criterion {
    let criterion = Criterion::default().sample_size(samples);
    #[cfg(unix)]
    let criterion = criterion.with_profiler(Flame::default());
    criterion
}
