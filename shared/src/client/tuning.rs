//! All that can be tuned about when and how remote entities are drawn, how far ahead the client simulates, and its pings.
//!
//! In: nothing. Out: constants, each with its unit in its name. docs/timeline.md says how to choose those of drawing, and
//! the smoothness bench shows what a choice does.

use std::time::Duration;

/// The delay holds this many snapshot intervals at the stride in force, so that motion on both sides of the drawn
/// moment is known.
pub(super) const DELAY_INTERVALS: f64 = 1.9;
/// The delay covers the lateness of this part of all snapshots, 0..=1.
pub(super) const DELAY_COVERS: f64 = 0.96;
/// The delay is never shorter, seconds.
pub(super) const DELAY_MIN_S: f64 = 0.050;
/// The delay is never longer, seconds.
pub(super) const DELAY_MAX_S: f64 = 0.250;
/// Lateness is remembered this long, seconds: the delay shrinks no faster.
pub(super) const LATENESS_SPAN_S: f64 = 8.0;
/// The lateness of at most this many snapshots is remembered: at 30 a second, those of the span.
pub(super) const LATENESS_COUNT: usize = 256;
/// A snapshot that is later than this is no jitter but an outage, which no delay should try to cover, seconds.
pub(super) const OUTAGE_S: f64 = 0.400;
/// An outage that lasts longer than this is a longer way: lateness is then learnt again, seconds.
pub(super) const OUTAGE_LASTS_S: f64 = 1.0;
/// The longest stride that the delay follows. A longer one is that of a hidden tab: nobody looks at its picture, and when
/// the tab is shown again the stride is about to end.
pub(super) const STRIDE_FOLLOWED: u8 = 4;
/// Drawn time runs faster than real time by at most this part.
pub(super) const FASTER: f64 = 0.02;
/// Drawn time runs slower than real time by at most this part.
pub(super) const SLOWER: f64 = 0.04;
/// The error of drawn time shrinks to 1/e in this time, seconds, within the two limits above.
pub(super) const BEND_S: f64 = 0.5;
/// When its error is larger than this, ticks, drawn time jumps.
pub(super) const JUMP_TICKS: f64 = 10.0;
/// After this long without an animation frame, seconds, there is no picture to go on from: all is drawn where it is.
pub(super) const PICTURE_LOST_S: f64 = 0.250;
/// Things are extrapolated at most this far past the newest snapshot, seconds; then they hold.
pub(super) const EXTRAPOLATE_S: f64 = 0.100;
/// Up to here past the newest snapshot they keep their speed, seconds; from here on they come softly to the hold.
pub(super) const EXTRAPOLATE_FULL_S: f64 = 0.060;
/// How stiffly the picture is pulled from what was extrapolated to what turned out to be true, 1/seconds. Critically
/// damped: after 4 divided by this, nine tenths of the way are done.
pub(super) const EASE_PER_S: f64 = 16.0;

/// Inputs should reach the server this long before they are needed, beyond what nearly all of them need, seconds.
pub(super) const SLACK_S: f64 = 0.012;
/// The lead is enough for this part of all inputs, 0..=1.
pub(super) const LEAD_COVERS: f64 = 0.98;
/// What inputs needed is remembered this long: the lead shrinks no sooner.
pub(super) const LEAD_SPAN: Duration = Duration::from_secs(8);
/// What at most this many snapshots said of inputs is remembered: at 30 a second, those of the span.
pub(super) const LEAD_COUNT: usize = 256;
/// Slack below this, ticks, is no jitter: a stall held the inputs up, or the way is longer for good.
pub(super) const SLACK_LOST_TICKS: f64 = -4.0;
/// Slack must stay below that bound this long before the lead jumps.
pub(super) const SLACK_LOST_FOR: Duration = Duration::from_millis(200);
/// After a jump of the lead, slack is not read for a round trip and this long, seconds.
pub(super) const SLACK_BLIND_S: f64 = 0.2;
/// The lead grows by at most this part of the ticks that pass.
pub(super) const LEAD_FASTER: f64 = 0.10;
/// The lead shrinks by at most this part of the ticks that pass.
pub(super) const LEAD_SLOWER: f64 = 0.03;
/// The lead is never longer than this, ticks: the server's input buffer holds 64 ticks.
pub(super) const LEAD_MAX_TICKS: f64 = 45.0;

/// Until this many pongs are known, pings leave quickly, to find the clock's offset.
pub(super) const FIRST_PINGS: usize = 5;
/// Between two of those pings.
pub(super) const FIRST_PING_EVERY: Duration = Duration::from_millis(100);
/// Between two pings after them, which keep the offset right and the connection from being idle.
pub(super) const PING_EVERY: Duration = Duration::from_secs(1);

/// `value`, brought between `low` and `high`. The standard library's `clamp` checks its bounds, and its panic prints them:
/// browsers would download 8 kB of code that prints floats.
#[inline]
pub(super) fn within(value: f64, low: f64, high: f64) -> f64 {
    if value < low {
        low
    } else if value > high {
        high
    } else {
        value
    }
}
