//! Shows how a load goes, live.
//!
//! In: progress, twice a second. Out: on a terminal, one line that changes; elsewhere, lines for a log, or nothing.

use std::io::{IsTerminal, Write};

use super::outcome::Progress;

/// Reports on stderr.
#[derive(Debug)]
pub struct Teller {
    terminal: bool,
    log: bool,
    /// There is an unfinished line that the next words must not continue.
    open: bool,
}

impl Teller {
    /// `log`: report progress even where there is no terminal.
    pub fn new(log: bool) -> Teller {
        Teller {
            terminal: std::io::stderr().is_terminal(),
            log,
            open: false,
        }
    }

    /// Reports the current progress.
    pub fn progress(&mut self, progress: &Progress) {
        if !self.terminal && !self.log {
            return;
        }
        let words = format!(
            "{:5.1} s  {} of {} players  {:.0} snapshots/s  worst gap {:.0} ms  {} refused",
            progress.elapsed.as_secs_f64(),
            progress.players,
            progress.wanted,
            progress.snapshots_per_s,
            progress.worst_gap_ms,
            progress.refused,
        );
        if self.terminal {
            self.open = true;
            let mut stderr = std::io::stderr();
            let _ = write!(stderr, "\r\x1b[K{words}");
            let _ = stderr.flush();
        } else {
            self.say(&words);
        }
    }

    /// Writes a line that stays, in place of the one that changes.
    pub fn say(&mut self, words: &str) {
        let start = if self.open { "\r\x1b[K" } else { "" };
        self.open = false;
        let _ = writeln!(std::io::stderr(), "{start}{words}");
    }

    /// Finishes the line that changes and leaves it as it is.
    pub fn end(&mut self) {
        if std::mem::take(&mut self.open) {
            let _ = writeln!(std::io::stderr());
        }
    }
}
