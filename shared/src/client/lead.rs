//! How far ahead of the room this client simulates, so that its inputs reach the server just before they are needed.
//!
//! In: the way up as the first pong shows it, then, from snapshots, how early the latest input came (the slack). Out: the
//! lead in ticks. It bends slowly until the slack is as wanted, and jumps only after inputs have been far too late or far
//! too early for a while.

use std::time::Duration;

use super::tuning::{
    LEAD_MAX_TICKS, LEAD_SLEW, SLACK_BLIND_S, SLACK_FAR_TICKS, SLACK_GAIN, SLACK_LOST_FOR,
    SLACK_LOST_TICKS, SLACK_TICKS, within,
};

#[derive(Debug)]
pub(super) struct Lead {
    ticks: f64,
    /// What `ticks` bends towards.
    target_ticks: f64,
    /// The slack as the server last said it.
    slack_ticks: f64,
    /// After a jump, the slack is still that of inputs from before it, so it is not read until this time.
    blind_until: Duration,
    /// Since when inputs have been far too late or too early.
    lost_since: Option<Duration>,
}

impl Lead {
    /// A lead for a way up that takes no time; the first pong corrects it.
    pub(super) fn new(now: Duration) -> Lead {
        Lead {
            ticks: SLACK_TICKS,
            target_ticks: SLACK_TICKS,
            slack_ticks: 0.0,
            blind_until: now,
            lost_since: None,
        }
    }

    /// Sets the lead by the first pong, which shows how long an input takes to the server.
    pub(super) fn start(&mut self, now: Duration, way_up_ticks: f64, rtt_s: f64) {
        self.jump(now, way_up_ticks + SLACK_TICKS, rtt_s);
    }

    /// The server got its latest input this many ticks before it was needed; negative when it was late.
    pub(super) fn handle_slack(&mut self, now: Duration, slack_ticks: f64, rtt_s: f64) {
        self.slack_ticks = slack_ticks;
        if now < self.blind_until {
            return;
        }
        if !(SLACK_LOST_TICKS..=SLACK_FAR_TICKS).contains(&slack_ticks) {
            let since = *self.lost_since.get_or_insert(now);
            if now.saturating_sub(since) < SLACK_LOST_FOR {
                return;
            }
            self.jump(now, self.target_ticks - slack_ticks + SLACK_TICKS, rtt_s);
        } else {
            self.lost_since = None;
            let wanted = self.target_ticks + (SLACK_TICKS - slack_ticks) * SLACK_GAIN;
            self.target_ticks = wanted.clamp(0.0, LEAD_MAX_TICKS);
        }
    }

    /// Bends towards the target while `passed_ticks` pass in the room.
    pub(super) fn update(&mut self, passed_ticks: f64) {
        let most = passed_ticks * LEAD_SLEW;
        self.ticks += within(self.target_ticks - self.ticks, -most, most);
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
        self.target_ticks = ticks.clamp(0.0, LEAD_MAX_TICKS);
        self.ticks = self.target_ticks;
        self.lost_since = None;
        self.blind_until = now + Duration::from_secs_f64(rtt_s + SLACK_BLIND_S);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RTT_S: f64 = 0.040;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// A lead of 2.7 ticks, as a round trip of 40 ms gives it, whose slack is read again from 1000 ms on.
    fn started() -> Lead {
        let mut lead = Lead::new(ms(0));
        lead.start(ms(760), 1.2, RTT_S);
        lead
    }

    #[test]
    fn the_first_pong_sets_it_to_the_way_up_and_the_wanted_slack() {
        let mut lead = Lead::new(ms(0));
        assert_eq!(lead.ticks(), SLACK_TICKS);
        lead.start(ms(40), 1.2, RTT_S);
        assert_eq!(lead.ticks(), 1.2 + SLACK_TICKS);
        lead.start(ms(80), 1000.0, RTT_S);
        assert_eq!(lead.ticks(), LEAD_MAX_TICKS);
    }

    #[test]
    fn a_small_error_bends_the_target_and_the_lead_follows_slowly() {
        let mut lead = started();
        lead.handle_slack(ms(1000), SLACK_TICKS - 2.0, RTT_S);
        assert!((lead.target_ticks - (2.7 + 2.0 * SLACK_GAIN)).abs() < 1e-9);
        assert_eq!((lead.ticks(), lead.slack_ticks()), (2.7, -0.5));
        lead.update(1.0);
        assert!((lead.ticks() - (2.7 + LEAD_SLEW)).abs() < 1e-9);
        lead.update(1.0);
        assert!((lead.ticks() - lead.target_ticks).abs() < 1e-9, "{lead:?}");
    }

    #[test]
    fn it_shrinks_for_inputs_that_come_too_early_but_never_below_0() {
        let mut lead = started();
        for snapshot in 0..100 {
            lead.handle_slack(ms(1000 + snapshot * 33), SLACK_FAR_TICKS, RTT_S);
        }
        assert_eq!(lead.target_ticks, 0.0);
        lead.update(1.0);
        assert!((lead.ticks() - (2.7 - LEAD_SLEW)).abs() < 1e-9);
    }

    #[test]
    fn it_jumps_when_inputs_have_been_far_too_late_for_a_while() {
        let mut lead = started();
        for now in [1000, 1100, 1199] {
            lead.handle_slack(ms(now), -10.0, RTT_S);
            assert_eq!(lead.ticks(), 2.7, "a stall says nothing about what follows");
        }
        lead.handle_slack(ms(1200), -10.0, RTT_S);
        assert!((lead.ticks() - (2.7 + 10.0 + SLACK_TICKS)).abs() < 1e-9);
    }

    #[test]
    fn it_jumps_back_when_the_room_has_skipped_ticks() {
        let mut lead = Lead::new(ms(0));
        lead.start(ms(0), 30.0, RTT_S);
        for now in [1000, 1200] {
            lead.handle_slack(ms(now), 20.0, RTT_S);
        }
        assert!((lead.ticks() - 13.0).abs() < 1e-9, "{lead:?}");
    }

    #[test]
    fn one_input_in_time_ends_the_wait_for_a_jump() {
        let mut lead = started();
        for (now, slack_ticks) in [(1000, -10.0), (1150, SLACK_TICKS), (1250, -10.0)] {
            lead.handle_slack(ms(now), slack_ticks, RTT_S);
        }
        assert_eq!(lead.ticks(), 2.7);
    }

    #[test]
    fn after_a_jump_the_slack_of_earlier_inputs_is_not_read() {
        let mut lead = started();
        lead.handle_slack(ms(999), 5.0, RTT_S);
        assert_eq!((lead.target_ticks, lead.slack_ticks()), (2.7, 5.0));
        lead.handle_slack(ms(1000), 5.0, RTT_S);
        assert!(lead.target_ticks < 2.7);
    }
}
