//! How far ahead of the room this client simulates, so that its inputs reach the server just before they are needed.
//!
//! In: the way up as the first pong shows it, then, from snapshots, how early the latest input came (the slack). Out: the
//! lead in ticks. Each slack says which lead would have been enough; the lead bends to what was enough for nearly all of
//! the last seconds, so that the late ones among the inputs are in time too. It grows quickly and shrinks slowly. It
//! jumps only after inputs have been far too late for a while.

use std::collections::VecDeque;
use std::time::Duration;

use super::tuning::{
    LEAD_COUNT, LEAD_COVERS, LEAD_FASTER, LEAD_MAX_TICKS, LEAD_SLOWER, LEAD_SPAN, SLACK_BLIND_S,
    SLACK_LOST_FOR, SLACK_LOST_TICKS, SLACK_S, within,
};

#[derive(Debug)]
pub(super) struct Lead {
    ticks: f64,
    /// How early inputs should be, beyond what nearly all of them need.
    margin_ticks: f64,
    /// What `ticks` bends towards.
    target_ticks: f64,
    /// The slack as the server last said it.
    slack_ticks: f64,
    /// The lead in the last moments: a slack is that of inputs made a round trip ago.
    past: VecDeque<(Duration, f64)>,
    /// When a slack came, and the lead that would just have been enough, in the order of arrival.
    needed: VecDeque<(Duration, f64)>,
    sorted: Vec<f64>,
    /// After a jump, the slack is still that of inputs from before it, so it is not read until this time.
    blind_until: Duration,
    /// Since when inputs have been far too late.
    lost_since: Option<Duration>,
}

impl Lead {
    /// A lead for a way up that takes no time, in a room with this many ticks a second; the first pong corrects it.
    pub(super) fn new(now: Duration, tick_rate_hz: f64) -> Lead {
        let margin_ticks = SLACK_S * tick_rate_hz;
        Lead {
            ticks: margin_ticks,
            margin_ticks,
            target_ticks: margin_ticks,
            slack_ticks: 0.0,
            past: VecDeque::new(),
            needed: VecDeque::with_capacity(LEAD_COUNT),
            sorted: Vec::with_capacity(LEAD_COUNT),
            blind_until: now,
            lost_since: None,
        }
    }

    /// Sets the lead by the first pong, which shows how long an input takes to the server.
    pub(super) fn start(&mut self, now: Duration, way_up_ticks: f64, rtt_s: f64) {
        self.jump(now, way_up_ticks + self.margin_ticks, rtt_s);
    }

    /// The server got its latest input this many ticks before it was needed; negative when it was late.
    pub(super) fn handle_slack(&mut self, now: Duration, slack_ticks: f64, rtt_s: f64) {
        self.slack_ticks = slack_ticks;
        if now < self.blind_until {
            return;
        }
        let made = now.saturating_sub(Duration::from_secs_f64(rtt_s));
        let mut past = self.past.iter().rev();
        let then_ticks = past
            .find(|past| past.0 <= made)
            .map_or(self.ticks, |past| past.1);
        let needed_ticks = then_ticks - slack_ticks;
        if slack_ticks < SLACK_LOST_TICKS {
            // Held up by a stall, which says nothing about those that follow; or the way is longer for good.
            let since = *self.lost_since.get_or_insert(now);
            if now.saturating_sub(since) >= SLACK_LOST_FOR {
                self.jump(now, needed_ticks + self.margin_ticks, rtt_s);
            }
            return;
        }
        self.lost_since = None;
        let is_old = |then: &(Duration, f64)| now.saturating_sub(then.0) > LEAD_SPAN;
        while self.needed.len() >= LEAD_COUNT || self.needed.front().is_some_and(is_old) {
            self.needed.pop_front();
        }
        self.needed.push_back((now, needed_ticks));
        self.weigh();
    }

    /// Finds the lead that was enough for nearly all inputs.
    fn weigh(&mut self) {
        self.sorted.clear();
        self.sorted
            .extend(self.needed.iter().map(|needed| needed.1));
        self.sorted.sort_unstable_by(f64::total_cmp);
        let last = self.sorted.len().saturating_sub(1);
        let place = (last as f64 * LEAD_COVERS).ceil() as usize;
        if let Some(covered) = self.sorted.get(place) {
            self.target_ticks = within(covered + self.margin_ticks, 0.0, LEAD_MAX_TICKS);
        }
    }

    /// Bends towards the target while `passed_ticks` pass in the room.
    pub(super) fn update(&mut self, now: Duration, passed_ticks: f64) {
        let (slower, faster) = (passed_ticks * LEAD_SLOWER, passed_ticks * LEAD_FASTER);
        self.ticks += within(self.target_ticks - self.ticks, -slower, faster);
        while self.past.len() >= LEAD_COUNT {
            self.past.pop_front();
        }
        self.past.push_back((now, self.ticks));
    }

    /// How many ticks ahead of the room's time this client simulates.
    pub(super) fn ticks(&self) -> f64 {
        self.ticks
    }

    /// How many ticks early the server last got an input; 0 before it said so.
    pub(super) fn slack_ticks(&self) -> f64 {
        self.slack_ticks
    }

    fn jump(&mut self, now: Duration, ticks: f64, rtt_s: f64) {
        self.target_ticks = within(ticks, 0.0, LEAD_MAX_TICKS);
        self.ticks = self.target_ticks;
        self.needed.clear();
        self.past.clear();
        self.lost_since = None;
        self.blind_until = now + Duration::from_secs_f64(rtt_s + SLACK_BLIND_S);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RTT_S: f64 = 0.040;
    const MARGIN_TICKS: f64 = SLACK_S * 60.0;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// A lead over a way up of 1.2 ticks, as a round trip of 40 ms has it, whose slack is read again from 1000 ms on.
    fn started() -> Lead {
        let mut lead = Lead::new(ms(0), 60.0);
        lead.start(ms(760), 1.2, RTT_S);
        lead
    }

    /// A client whose input arrives `way_ticks(snapshot)` after it was made, for so many snapshots, one each 2 ticks. Gives
    /// how many of the last half came too late, and the least slack that was not.
    fn play(lead: &mut Lead, snapshots: u32, way_ticks: impl Fn(u32) -> f64) -> u32 {
        let tick = Duration::from_secs(1) / 60;
        let mut late = 0;
        for snapshot in 0..snapshots {
            let now = ms(1000) + tick * 2 * snapshot;
            lead.update(now, 2.0);
            // The phase between frames and ticks goes round.
            let phase = f64::from(snapshot % 7) / 7.0;
            let slack = ((lead.ticks() - way_ticks(snapshot) - phase) * 8.0).floor() / 8.0;
            late += u32::from(slack < 0.0 && snapshot >= snapshots / 2);
            lead.handle_slack(now, slack, 0.0);
        }
        late
    }

    #[test]
    fn the_first_pong_sets_it_to_the_way_up_and_some_slack() {
        let mut lead = Lead::new(ms(0), 60.0);
        assert_eq!(lead.ticks(), MARGIN_TICKS);
        lead.start(ms(40), 1.2, RTT_S);
        assert_eq!(lead.ticks(), 1.2 + MARGIN_TICKS);
        lead.start(ms(80), 1000.0, RTT_S);
        assert_eq!(lead.ticks(), LEAD_MAX_TICKS);
    }

    #[test]
    fn one_late_snapshot_in_twenty_costs_no_input_and_an_even_way_no_more_lead_than_it_needs() {
        let mut lead = started();
        let late = play(
            &mut lead,
            1800,
            |snapshot| {
                if snapshot % 20 == 7 { 5.2 } else { 1.2 }
            },
        );
        assert_eq!(late, 0);
        let mut even = started();
        assert_eq!(play(&mut even, 1800, |_| 1.2), 0);
        // The phase is up to 0.86, and a slack is rounded down by up to an eighth.
        assert!(even.ticks() < 1.2 + 0.86 + 0.13 + MARGIN_TICKS, "{even:?}");
    }

    #[test]
    fn it_grows_quickly_and_shrinks_slowly() {
        let mut lead = started();
        play(&mut lead, 300, |_| 1.2);
        let before = lead.ticks();
        let grown = play(&mut lead, 60, |_| 4.2);
        assert_eq!(grown, 0, "within a second");
        assert!(lead.ticks() > before + 2.5);
        play(&mut lead, 200, |_| 1.2);
        assert!(lead.ticks() > before + 2.0, "it remembers for some seconds");
        play(&mut lead, 600, |_| 1.2);
        assert!(lead.ticks() < before + 1.0, "{lead:?}");
    }

    #[test]
    fn a_slack_is_that_of_the_lead_of_a_round_trip_ago() {
        let mut lead = started();
        lead.update(ms(1000), 0.0);
        lead.handle_slack(ms(1000), 0.0, 0.0);
        let target = lead.target_ticks;
        for now in 1001..1100 {
            lead.update(ms(now), 0.06);
        }
        lead.handle_slack(ms(1100), 0.0, 0.1);
        assert_eq!(lead.target_ticks, target, "the lead has grown since");
    }

    #[test]
    fn it_jumps_when_inputs_have_been_far_too_late_for_a_while() {
        let mut lead = started();
        let before = lead.ticks();
        for now in [1000, 1100, 1199] {
            lead.handle_slack(ms(now), -10.0, RTT_S);
            assert_eq!(
                lead.ticks(),
                before,
                "a stall says nothing about what follows"
            );
        }
        lead.handle_slack(ms(1200), -10.0, RTT_S);
        assert!((lead.ticks() - (before + 10.0 + MARGIN_TICKS)).abs() < 1e-9);
    }

    #[test]
    fn one_input_in_time_ends_the_wait_for_a_jump() {
        let mut lead = started();
        let before = lead.ticks();
        for (now, slack_ticks) in [(1000, -10.0), (1150, MARGIN_TICKS), (1250, -10.0)] {
            lead.handle_slack(ms(now), slack_ticks, RTT_S);
        }
        assert_eq!(lead.ticks(), before);
    }

    #[test]
    fn after_a_jump_the_slack_of_earlier_inputs_is_not_read() {
        let mut lead = started();
        let before = lead.ticks();
        lead.handle_slack(ms(999), 5.0, RTT_S);
        assert_eq!((lead.target_ticks, lead.slack_ticks()), (before, 5.0));
        lead.handle_slack(ms(1000), 5.0, RTT_S);
        assert!(lead.target_ticks < before);
    }
}
