//! How a load goes, live, for whoever watches.
//!
//! In: progress, twice a second. Out: on a terminal one line that changes, elsewhere lines for a log, or nothing.

use std::io::{IsTerminal, Write};

use super::Progress;

/// Tells on stderr.
#[derive(Debug)]
pub struct Teller {
    terminal: bool,
    log: bool,
    /// A line stands there that the next words must not go on.
    open: bool,
}

impl Teller {
    /// `log`: tell of progress where there is no terminal, too.
    pub fn new(log: bool) -> Teller {
        Teller {
            terminal: std::io::stderr().is_terminal(),
            log,
            open: false,
        }
    }

    /// How it goes now.
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

    /// A line that stays, in the place of the one that changes.
    pub fn say(&mut self, words: &str) {
        let start = if self.open { "\r\x1b[K" } else { "" };
        self.open = false;
        let _ = writeln!(std::io::stderr(), "{start}{words}");
    }

    /// Leaves the line that changes as it stands.
    pub fn end(&mut self) {
        if std::mem::take(&mut self.open) {
            let _ = writeln!(std::io::stderr());
        }
    }
}
