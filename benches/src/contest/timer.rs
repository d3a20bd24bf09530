//! A bare timer thread on the servers' core: what a tick's lateness is measured against.
//!
//! In: a rate and a time. Out: how late the thread woke up, for every time that it should have.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::servers::on_server_core;
use crate::spread::Spread;

/// How late a thread wakes up that does nothing else, milliseconds.
pub fn bare_timer(rate_hz: f64, span: Duration) -> Spread {
    let (period, begun) = (Duration::from_secs_f64(1.0 / rate_hz), Instant::now());
    let mut late_ms = Vec::new();
    let mut due = begun;
    while due - begun < span {
        due += period;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        late_ms.push((Instant::now() - due).as_secs_f64() * 1000.0);
    }
    Spread::of(&mut late_ms)
}

/// The same in a process of its own, on the servers' core.
pub(super) struct TimerBeside(Child);

impl TimerBeside {
    pub(super) fn start(seconds: f64) -> Result<TimerBeside> {
        let program = std::env::current_exe()?.to_string_lossy().into_owned();
        let seconds = seconds.to_string();
        let words = [&program, "timer", "--seconds", &seconds].map(str::to_owned);
        let words = on_server_core(words.into());
        let (program, flags) = words.split_first().context("there is a program")?;
        let child = Command::new(program)
            .args(flags)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        Ok(TimerBeside(child))
    }

    /// Waits for the end. Gives the p99.9, milliseconds.
    pub(super) fn p999_ms(self) -> Result<f64> {
        let output = self.0.wait_with_output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        text.trim().parse().context("the timer tells no number")
    }
}
