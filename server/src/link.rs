//! What a conditioned link does to bytes: a description as text, and the arithmetic of one way of such a link.
//!
//! In: a text such as `80ms jitter 20ms stall 300ms every 5s kbps 512`, then the times at which bytes are handed over.
//! Out: the times at which they arrive, in order, as on TCP: a bad link stalls, it loses nothing.
//! Must not: know a clock, a socket or a task. `net::conditioned` makes sockets wait, `lab` makes virtual time pass.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use tickwire_shared::link::LINK_PRESETS;

use crate::limits::LINK_QUEUE;

/// The description that errors show as an example.
const EXAMPLE: &str = "80ms jitter 20ms stall 300ms every 5s kbps 512";

const ROUND_TRIP_MAX: Duration = Duration::from_secs(2);
const JITTER_MAX: Duration = Duration::from_secs(1);
const STALL_MAX: Duration = Duration::from_secs(10);
const EVERY_MAX: Duration = Duration::from_secs(3600);
const KBPS_MIN: u32 = 8;
const KBPS_MAX: u32 = 1_000_000;

/// What a link does to bytes. It is read from a text like `80ms jitter 20ms stall 300ms every 5s kbps 512`: the round
/// trip first, then the other parts in any order, each only if wanted. The name of a [preset](LinkSpec::PRESETS) and
/// `none` are such texts too. Its `Display` writes one, exact to the microsecond.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkSpec {
    /// Added round trip, half of it on each way. At most two seconds.
    pub round_trip: Duration,
    /// Each way takes up to this much longer, a random time for each message; order is kept. At most one second.
    pub jitter: Duration,
    /// Both ways stand still now and then.
    pub stall: Option<Stall>,
    /// Bytes go no faster than this on each way, in kilobits per second: 8 to 1 000 000.
    pub kbps: Option<u32>,
}

/// Both ways of a link stand still again and again. What was held up arrives together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stall {
    /// How long each stall takes. At most ten seconds.
    pub length: Duration,
    /// From the start of one stall to the start of the next; longer than `length`. The first one comes after this time.
    pub every: Duration,
}

impl LinkSpec {
    /// Names of links, and what they stand for.
    pub const PRESETS: [(&'static str, &'static str); 4] = LINK_PRESETS;

    /// True if the link does nothing to bytes.
    pub fn is_none(&self) -> bool {
        *self == LinkSpec::default()
    }

    /// The longest that one way may take, with the queue of a slow link.
    pub fn longest_way(&self) -> Duration {
        let stall = self.stall.map_or(Duration::ZERO, |stall| stall.length);
        let queue = self.kbps.map_or(Duration::ZERO, |_| LINK_QUEUE);
        self.round_trip / 2 + self.jitter + stall + queue
    }
}

/// Why a text describes no link.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// Neither a part of a description nor a preset.
    #[error(
        "{0:?} is no part of a link: write something like {EXAMPLE:?}, or good, 4g, bad-wifi, intercontinental, none"
    )]
    Word(String),
    /// A part without a value, or with a wrong one.
    #[error("{part} needs {needs}, not {word:?}: write something like {EXAMPLE:?}")]
    Value {
        /// The part.
        part: &'static str,
        /// The word in the value's place.
        word: String,
        /// What the value must be.
        needs: &'static str,
    },
    /// A part that has been read already.
    #[error("{0:?} comes twice: write something like {EXAMPLE:?}")]
    Twice(String),
    /// A stall without its period, or the other way round.
    #[error("stall and every belong together: write something like {EXAMPLE:?}")]
    Half,
    /// Stalls that would never end.
    #[error(
        "every {every:?} must be longer than stall {length:?}: write something like {EXAMPLE:?}"
    )]
    Endless {
        /// How long the link should stand still.
        length: Duration,
        /// How often.
        every: Duration,
    },
}

impl FromStr for LinkSpec {
    type Err = LinkError;

    fn from_str(text: &str) -> Result<LinkSpec, LinkError> {
        let text = text.trim().to_ascii_lowercase();
        if text == "none" {
            return Ok(LinkSpec::default());
        }
        let preset = LinkSpec::PRESETS.iter().find(|(name, _)| *name == text);
        Parts::read(preset.map_or(&*text, |(_, meaning)| meaning))?.whole()
    }
}

/// The parts of a description that have been read.
#[derive(Default)]
struct Parts {
    round_trip: Option<Duration>,
    jitter: Option<Duration>,
    length: Option<Duration>,
    every: Option<Duration>,
    kbps: Option<u32>,
}

impl Parts {
    fn read(text: &str) -> Result<Parts, LinkError> {
        let mut parts = Parts::default();
        let mut words = text.split_whitespace();
        let first = words.next().unwrap_or_default();
        // A link with only jitter or a speed need not begin with 0ms.
        match time(first) {
            Some(_) => {
                let needs = "at most 2s";
                parts.round_trip = Some(duration("the round trip", first, ROUND_TRIP_MAX, needs)?);
            }
            None => parts.part(first, &mut words)?,
        }
        while let Some(word) = words.next() {
            parts.part(word, &mut words)?;
        }
        Ok(parts)
    }

    fn part<'a>(
        &mut self,
        name: &str,
        words: &mut impl Iterator<Item = &'a str>,
    ) -> Result<(), LinkError> {
        let mut value = || words.next().unwrap_or_default();
        let again = match name {
            "jitter" => {
                let jitter = duration("jitter", value(), JITTER_MAX, "a time of at most 1s")?;
                self.jitter.replace(jitter).is_some()
            }
            "stall" => {
                let length = duration("stall", value(), STALL_MAX, "a time of at most 10s")?;
                self.length.replace(length).is_some()
            }
            "every" => {
                let every = duration("every", value(), EVERY_MAX, "a time of at most 3600s")?;
                self.every.replace(every).is_some()
            }
            "kbps" => self.kbps.replace(kbps(value())?).is_some(),
            _ => return Err(LinkError::Word(name.into())),
        };
        if again {
            return Err(LinkError::Twice(name.into()));
        }
        Ok(())
    }

    fn whole(self) -> Result<LinkSpec, LinkError> {
        let stall = match (self.length, self.every) {
            (None, None) => None,
            (Some(length), Some(every)) if length < every => Some(Stall { length, every }),
            (Some(length), Some(every)) => return Err(LinkError::Endless { length, every }),
            _ => return Err(LinkError::Half),
        };
        Ok(LinkSpec {
            round_trip: self.round_trip.unwrap_or_default(),
            jitter: self.jitter.unwrap_or_default(),
            // A stall of zero length is none.
            stall: stall.filter(|stall| !stall.length.is_zero()),
            kbps: self.kbps,
        })
    }
}

fn duration(
    part: &'static str,
    word: &str,
    max: Duration,
    needs: &'static str,
) -> Result<Duration, LinkError> {
    let wrong = || LinkError::Value {
        part,
        word: word.into(),
        needs,
    };
    time(word).filter(|time| *time <= max).ok_or_else(wrong)
}

fn kbps(word: &str) -> Result<u32, LinkError> {
    let speed = word.parse().ok();
    let speed = speed.filter(|speed| (KBPS_MIN..=KBPS_MAX).contains(speed));
    speed.ok_or_else(|| LinkError::Value {
        part: "kbps",
        word: word.into(),
        needs: "a whole number from 8 to 1000000",
    })
}

/// A number with its unit, to the microsecond.
fn time(word: &str) -> Option<Duration> {
    let (number, unit_us) = match word.strip_suffix("ms") {
        Some(number) => (number, 1e3),
        None => (word.strip_suffix('s')?, 1e6),
    };
    // Rust reads more as numbers than this does: 1e9, inf.
    let plain = |digit: char| digit.is_ascii_digit() || digit == '.';
    let number: f64 = number.chars().all(plain).then(|| number.parse().ok())??;
    // However large it is: the caller compares it with a bound.
    Some(Duration::from_micros((number * unit_us).round() as u64))
}

impl fmt::Display for LinkSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_none() {
            return f.write_str("none");
        }
        write!(f, "{}", Time(self.round_trip))?;
        if !self.jitter.is_zero() {
            write!(f, " jitter {}", Time(self.jitter))?;
        }
        if let Some(Stall { length, every }) = self.stall {
            write!(f, " stall {} every {}", Time(length), Time(every))?;
        }
        self.kbps.map_or(Ok(()), |kbps| write!(f, " kbps {kbps}"))
    }
}

struct Time(Duration);

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let us = self.0.as_micros();
        match (us / 1000, us % 1000) {
            (ms, 0) if ms > 0 && ms % 1000 == 0 => write!(f, "{}s", ms / 1000),
            (ms, 0) => write!(f, "{ms}ms"),
            (ms, us) => write!(f, "{ms}.{us:03}ms"),
        }
    }
}

/// One way of a conditioned link. It works on a byte stream as TCP does: order is kept, and what a real network would
/// lose and send again is held up, together with all that follows.
#[derive(Clone, Debug)]
pub struct Way {
    spec: LinkSpec,
    rng: Pcg64Mcg,
    /// Until then the way is busy with earlier bytes: a slow way has a queue.
    busy_until: Duration,
    last_arrival: Duration,
}

impl Way {
    /// A way that has not been used yet. Its jitter depends on nothing but `seed`.
    pub fn new(spec: &LinkSpec, seed: u64) -> Way {
        Way {
            spec: *spec,
            rng: Pcg64Mcg::seed_from_u64(seed),
            busy_until: Duration::ZERO,
            last_arrival: Duration::ZERO,
        }
    }

    /// When bytes that are handed over at `now` have all arrived: never before those of an earlier call. `now` is read
    /// from one monotonic clock. If both ways of a link use the same clock, they stall at the same times.
    pub fn arrival(&mut self, now: Duration, bytes: usize) -> Duration {
        self.busy_until = self.busy_until.max(now) + self.sending_time(bytes);
        let jitter = match self.spec.jitter {
            Duration::ZERO => Duration::ZERO,
            jitter => jitter.mul_f64(self.rng.random_range(0.0..=1.0)),
        };
        let undisturbed = self.busy_until + self.spec.round_trip / 2 + jitter;
        // Order comes first: after a change of the link, bytes that wait their turn may come into the new one's stall.
        self.last_arrival = self.after_stall(self.last_arrival.max(undisturbed));
        self.last_arrival
    }

    /// Changes the link from now on. Bytes that are under way stay in front of all that follow.
    pub fn set(&mut self, spec: &LinkSpec) {
        self.spec = *spec;
    }

    /// What the link does to bytes.
    pub fn spec(&self) -> &LinkSpec {
        &self.spec
    }

    /// How many bytes the way takes at `now` before its queue is too long. 0 until half of the queue is gone: see
    /// [`Way::room_from`].
    pub fn room(&self, now: Duration) -> usize {
        let Some(kbps) = self.spec.kbps else {
            return usize::MAX;
        };
        let queued = self.busy_until.saturating_sub(now);
        if queued > LINK_QUEUE / 2 {
            return 0;
        }
        let bytes = (LINK_QUEUE - queued).as_micros() * u128::from(kbps) / 8_000;
        usize::try_from(bytes).unwrap_or(usize::MAX).max(1)
    }

    /// When the way has [`Way::room`] again.
    pub fn room_from(&self) -> Duration {
        self.busy_until.saturating_sub(LINK_QUEUE / 2)
    }

    /// How long the way is busy with this many bytes.
    fn sending_time(&self, bytes: usize) -> Duration {
        let Some(kbps) = self.spec.kbps else {
            return Duration::ZERO;
        };
        // At one kilobit per second a bit takes a millisecond. Rounded up: never faster than it says.
        let us = (bytes as u64).saturating_mul(8_000);
        Duration::from_micros(us.div_ceil(u64::from(kbps.max(1))))
    }

    /// `at`, or the end of the stall that it falls into.
    fn after_stall(&self, at: Duration) -> Duration {
        let Some(Stall { length, every }) = self.spec.stall else {
            return at;
        };
        let (at_us, every_us) = (at.as_micros(), every.as_micros());
        if every_us == 0 || at_us < every_us {
            return at;
        }
        let into_us = at_us % every_us;
        let start = at - Duration::from_micros(into_us as u64);
        at.max(start + length)
    }
}

#[cfg(test)]
mod tests;
