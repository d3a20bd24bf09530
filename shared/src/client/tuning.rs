//! All that can be tuned about when and how remote entities are drawn, in one place.
//!
//! In: nothing. Out: constants, each with its unit in its name. docs/timeline.md says how to choose them; the smoothness
//! bench says what a choice does.

use std::time::Duration;

/// The delay holds this many snapshot intervals of the cadence in force, so that motion on both sides of the drawn
/// moment is known.
pub(super) const DELAY_INTERVALS: f64 = 1.9;
/// The delay covers the lateness of this part of the snapshots, 0..=1.
pub(super) const DELAY_COVERS: f64 = 0.96;
/// The delay is never shorter, seconds.
pub(super) const DELAY_MIN_S: f64 = 0.050;
/// The delay is never longer, seconds.
pub(super) const DELAY_MAX_S: f64 = 0.250;
/// Lateness is remembered this long, seconds: so slowly does the delay shrink.
pub(super) const LATENESS_SPAN_S: f64 = 8.0;
/// Lateness of at most this many snapshots is remembered: the span's at 30 a second.
pub(super) const LATENESS_COUNT: usize = 256;
/// Later than this is no jitter but an outage, which no delay should try to cover, seconds.
pub(super) const OUTAGE_S: f64 = 0.400;
/// An outage that lasts longer than this is a longer way: lateness is learnt anew, seconds.
pub(super) const OUTAGE_LASTS_S: f64 = 1.0;
/// The longest stride (every n-th snapshot) whose cadence the delay still follows. A longer stride is a hidden tab's, at which
/// nobody looks, and when somebody does it is about to end.
pub(super) const STRIDE_FOLLOWED: u8 = 4;
/// Drawn time runs at most this much faster than real time, a part of it.
pub(super) const FASTER: f64 = 0.02;
/// Drawn time runs at most this much slower than real time, a part of it.
pub(super) const SLOWER: f64 = 0.04;
/// Drawn time that is off bends back to 1/e of it in this time, seconds, within the two limits above.
pub(super) const BEND_S: f64 = 0.5;
/// Further out than this, drawn time jumps, ticks.
pub(super) const JUMP_TICKS: f64 = 10.0;
/// After so long without an animation frame there is no picture to go on from: all is drawn where it is, seconds.
pub(super) const PICTURE_LOST_S: f64 = 0.250;
/// Things are extrapolated at most this far past the newest snapshot, seconds; then they hold.
pub(super) const EXTRAPOLATE_S: f64 = 0.100;
/// Until here at full speed, seconds; from here on they come softly to the hold.
pub(super) const EXTRAPOLATE_FULL_S: f64 = 0.060;
/// How stiffly the picture is pulled from what was extrapolated to what turned out to be true, 1/seconds. Critically
/// damped: after 4 / this, nine tenths are done.
pub(super) const EASE_PER_S: f64 = 16.0;

/// Inputs should reach the server this many ticks before they are needed.
pub(super) const SLACK_TICKS: f64 = 1.5;
/// Part of a slack error that one snapshot corrects.
pub(super) const SLACK_GAIN: f64 = 0.03;
/// An input this late, ticks, is no drift: the lead is set anew.
pub(super) const SLACK_LOST_TICKS: f64 = -4.0;
/// Nor is one this early: the room has skipped ticks.
pub(super) const SLACK_FAR_TICKS: f64 = 12.0;
/// For so long: what a stall held up is late too, but says nothing about what follows.
pub(super) const SLACK_LOST_FOR: Duration = Duration::from_millis(200);
/// After a jump of the lead, slack is not read for a round trip and this long, seconds.
pub(super) const SLACK_BLIND_S: f64 = 0.2;
/// The lead bends by at most this much of the ticks that pass.
pub(super) const LEAD_SLEW: f64 = 0.05;
/// The client never runs further ahead than this, ticks: the server's input buffer is 64 deep.
pub(super) const LEAD_MAX_TICKS: f64 = 45.0;

/// The first pings come quickly, to find the offset; then one a second keeps it and the connection alive.
pub(super) const FIRST_PINGS: usize = 5;
pub(super) const FIRST_PING_EVERY: Duration = Duration::from_millis(100);
pub(super) const PING_EVERY: Duration = Duration::from_secs(1);

/// `value`, brought between `low` and `high`. The standard library's `clamp` checks its bounds, and for the words of that
/// panic browsers would download how to print a float: 8 kB.
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
