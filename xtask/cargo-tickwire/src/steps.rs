//! Progress for people: one numbered line per step, with a running clock and the tool's last line
//! on a terminal, and plain lines elsewhere.
//!
//! A step's closure does the work, and may say through [`Live`] what it is doing. A step never prints by itself, so
//! that lines cannot mix.

use std::io::{IsTerminal, Write};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// Widest live line: longer ones would wrap on a small terminal and could not be redrawn in place.
const LIVE_COLUMNS: usize = 79;
/// How often the clock of a running step is redrawn.
const REDRAW: Duration = Duration::from_millis(100);

/// What a step that went well has to say.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The work was done.
    Done,
    /// Nothing to do: the inputs have not changed since the last time.
    Unchanged,
    /// Done, with something to tell, such as the versions found.
    Note(String),
}

/// What a running step is doing now, shown behind its clock on a terminal.
#[derive(Default)]
pub struct Live {
    doing: Mutex<String>,
}

impl Live {
    /// Shows `line`, usually the last one a tool printed.
    pub fn doing(&self, line: &str) {
        *self.lock() = line.trim().to_owned();
    }

    fn lock(&self) -> MutexGuard<'_, String> {
        self.doing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The numbered steps of one command, and how each of them ended.
pub struct Steps {
    total: usize,
    terminal: bool,
    started: Instant,
    parts: Vec<Part>,
    taken: usize,
}

struct Part {
    name: &'static str,
    took: Duration,
    passed: bool,
}

impl Steps {
    /// A command of `total` steps.
    pub fn new(total: usize) -> Self {
        Self {
            total,
            terminal: std::io::stdout().is_terminal(),
            started: Instant::now(),
            parts: Vec::new(),
            taken: 0,
        }
    }

    /// A step that the following ones need: its failure ends the command.
    pub fn need(
        &mut self,
        name: &'static str,
        verb: &str,
        work: impl FnOnce(&Live) -> Result<Outcome>,
    ) -> Result<()> {
        self.quiet(name, verb, work).1
    }

    /// A step whose verdict is gathered for [`Steps::verdict`]: the command goes on after a failure.
    pub fn part(
        &mut self,
        name: &'static str,
        verb: &str,
        work: impl FnOnce(&Live) -> Result<Outcome>,
    ) {
        let (took, result) = self.quiet(name, verb, work);
        self.record(name, took, &result);
    }

    /// Like [`Steps::part`] for a tool that prints to the terminal itself, such as a test runner.
    pub fn loud_part(&mut self, name: &'static str, work: impl FnOnce() -> Result<()>) {
        let head = self.head(name);
        println!("\n{head}running");
        let begun = Instant::now();
        let result = work();
        let took = begun.elapsed();
        let ended = if result.is_ok() {
            "passed in"
        } else {
            "failed after"
        };
        println!("{head}{ended} {}", seconds(took));
        self.record(name, took, &result);
    }

    /// One line per part, then the count; an error if any part failed.
    pub fn verdict(&self) -> Result<()> {
        println!();
        for part in &self.parts {
            let word = if part.passed { "ok" } else { "FAILED" };
            println!("{:<7} {:<16} {:>8}", word, part.name, seconds(part.took));
        }
        println!("in all: {}", seconds(self.started.elapsed()));
        let failed = self.parts.iter().filter(|part| !part.passed);
        let failed: Vec<_> = failed.map(|part| part.name).collect();
        let passed = self.parts.len() - failed.len();
        println!("parts: {passed} passed, {} failed", failed.len());
        if !failed.is_empty() {
            bail!("failed: {}", failed.join(", "));
        }
        Ok(())
    }

    fn record(&mut self, name: &'static str, took: Duration, result: &Result<()>) {
        if let Err(error) = result {
            println!("{error:#}");
        }
        let passed = result.is_ok();
        self.parts.push(Part { name, took, passed });
    }

    fn head(&mut self, name: &str) -> String {
        self.taken += 1;
        let width = self.total.to_string().len();
        format!("[{:>width$}/{}] {name:<16} ", self.taken, self.total)
    }

    fn quiet(
        &mut self,
        name: &str,
        verb: &str,
        work: impl FnOnce(&Live) -> Result<Outcome>,
    ) -> (Duration, Result<()>) {
        let head = format!("{}{verb} ...", self.head(name));
        let begun = Instant::now();
        let live = Live::default();
        let result = if self.terminal {
            let result = with_clock(&head, begun, &live, work);
            print!("\r\x1b[2K{head} ");
            result
        } else {
            // The line stays open while the work goes on, so that a log shows which step is running.
            print!("{head} ");
            flush();
            work(&live)
        };
        let took = begun.elapsed();
        match &result {
            Ok(Outcome::Done) => println!("{}", seconds(took)),
            Ok(Outcome::Unchanged) => println!("unchanged"),
            Ok(Outcome::Note(note)) => println!("{note}"),
            Err(_) => println!("failed after {}", seconds(took)),
        }
        (took, result.map(|_| ()))
    }
}

/// Runs `work` on this thread while another redraws the line.
fn with_clock<T>(head: &str, begun: Instant, live: &Live, work: impl FnOnce(&Live) -> T) -> T {
    let (finished, wait) = mpsc::channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            while wait.recv_timeout(REDRAW) == Err(RecvTimeoutError::Timeout) {
                let line = live_line(head, begun.elapsed(), &live.lock());
                print!("\r\x1b[2K{line}");
                flush();
            }
        });
        // Dropped at the end of this block, or by a panic in `work`: either ends the clock.
        let _finished = finished;
        work(live)
    })
}

fn live_line(head: &str, took: Duration, doing: &str) -> String {
    let line = format!("{head} {}  {doing}", seconds(took));
    line.chars().take(LIVE_COLUMNS).collect()
}

fn flush() {
    // If stdout is closed, the tool that we run ends soon enough. The progress line is no reason to stop.
    let _ = std::io::stdout().flush();
}

fn seconds(took: Duration) -> String {
    format!("{:.1} s", took.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_live_line_never_wraps_a_small_terminal() {
        let line = live_line(
            "[1/7] page building ...",
            Duration::from_secs(4),
            &"é".repeat(200),
        );
        assert_eq!(line.chars().count(), LIVE_COLUMNS);
    }

    #[test]
    fn the_verdict_names_every_failed_part() {
        let mut steps = Steps::new(3);
        steps.part("first", "trying", |_| bail!("no"));
        steps.part("second", "trying", |_| Ok(Outcome::Done));
        steps.part("third", "trying", |_| bail!("nor this"));
        let verdict = steps.verdict().map_err(|error| error.to_string());
        assert_eq!(verdict, Err("failed: first, third".to_owned()));
    }
}
