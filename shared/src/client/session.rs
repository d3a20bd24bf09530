//! What lives from a welcome to the end of its connection: clocks, world, prediction, events waiting for their tick.
//!
//! In: pongs, snapshots, time, the input held. Out: pings and inputs to send, events whose moment has come, the view.

use std::collections::VecDeque;
use std::time::Duration;

use super::actions::{ActionNews, Actions};
use super::clock::Clock;
use super::prediction::Prediction;
use super::stats::{Budget, DesyncPlace, Stages, Stats};
use super::timeline::Timeline;
use super::tuning::within;
use super::tuning::{EXTRAPOLATE_S, STRIDE_FOLLOWED};
use super::unsent::Unsent;
use super::view::View;
use super::world::World;
use crate::codec;
use crate::ids::{ChannelId, EntityId, InputSequence, PlayerId, Tick};
use crate::limits::SERVER_MESSAGE_BYTES;
use crate::message::{Desync, Inputs, Ping, Pong, RoomEvent, Welcome};
use crate::replicate::{Replicate, Schema};
use crate::rules::{Act, Rules};
use crate::snapshot::layout::{OwnAvatar, Part, SectionKind, ServiceLevel, SnapshotMessage};
use crate::snapshot::{ChannelState, SnapshotError};

/// The first pings come quickly, to find the offset; then one a second keeps it and the connection alive.
const FIRST_PINGS: usize = 5;
const FIRST_PING_EVERY: Duration = Duration::from_millis(100);
const PING_EVERY: Duration = Duration::from_secs(1);
/// Pings whose pong may still come.
const PINGS_OPEN: usize = 16;
/// Inputs should reach the server this many ticks before they are needed.
const SLACK_TICKS: f64 = 1.5;
/// Part of a slack error that one snapshot corrects.
const SLACK_GAIN: f64 = 0.03;
/// An input this late, ticks, is no drift: the lead is set anew.
const SLACK_LOST_TICKS: f64 = -4.0;
/// Nor is one this early: the room has skipped ticks.
const SLACK_FAR_TICKS: f64 = 12.0;
/// For so long: what a stall held up is late too, but says nothing about what follows.
const SLACK_LOST_FOR: Duration = Duration::from_millis(200);
/// The lead bends by at most this much of the ticks that pass.
const LEAD_SLEW: f64 = 0.05;
/// The client never runs further ahead than this, ticks: the server's input buffer is 64 deep.
const LEAD_MAX_TICKS: f64 = 45.0;
/// Part of a difference in the animation frame's length that one animation frame corrects.
const FRAME_GAIN: f64 = 0.1;
/// Events that may wait for their tick.
const EVENTS: usize = 4096;

#[derive(Debug)]
pub(super) struct Session<R: Rules> {
    pub(super) player: PlayerId,
    pub(super) room: String,
    pub(super) setup: R::Setup,
    pub(super) avatar_entity: Option<EntityId>,
    /// The newest input that the server had applied by its newest snapshot.
    pub(super) applied: InputSequence,
    map: MapOf<R>,
    clock: Clock,
    timeline: Timeline,
    pub(super) world: World,
    service: ServiceLevel,
    desyncs: u32,
    last_desync: Option<Desync>,
    prediction: Prediction<R>,
    actions: Actions<R>,
    /// How many ticks ahead of the room's time this client simulates.
    lead_ticks: f64,
    lead_target_ticks: f64,
    slack_ticks: f64,
    /// After a jump of the lead, slack of inputs from before it says nothing: not read until this time.
    slack_blind_until: Duration,
    /// Since when inputs have been far too late or too early.
    slack_lost_since: Option<Duration>,
    newest_tick: i64,
    pings: VecDeque<(u32, Duration)>,
    next_ping: Duration,
    nonce: u32,
    events: VecDeque<(i64, RoomEvent<R::Event>)>,
    unsent: Unsent<R::Input>,
    updated: Duration,
    /// Between animation frames, smoothed, seconds. 0 before the second.
    frame_s: f64,
    own_values: Vec<f64>,
}

/// A map has no reason to be `Debug`.
struct MapOf<R: Rules>(R::Map);

impl<R: Rules> std::fmt::Debug for MapOf<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Map")
    }
}

impl<R: Rules> Session<R> {
    pub(super) fn new(now: Duration, welcome: Welcome<R::Setup>) -> Session<R> {
        let tick_s = 1.0 / f64::from(R::TICK_RATE_HZ);
        let tick = i64::from(welcome.tick.0);
        Session {
            player: welcome.player,
            room: welcome.room,
            map: MapOf(R::map(&welcome.setup)),
            setup: welcome.setup,
            avatar_entity: None,
            applied: InputSequence(0),
            clock: Clock::new(now, Duration::from_micros(welcome.room_time_us)),
            timeline: Timeline::new(tick_s, tick_s * f64::from(R::TICKS_PER_SNAPSHOT)),
            world: World::default(),
            service: ServiceLevel::default(),
            desyncs: 0,
            last_desync: None,
            prediction: Prediction::new(tick),
            actions: Actions::default(),
            lead_ticks: SLACK_TICKS,
            lead_target_ticks: SLACK_TICKS,
            slack_ticks: 0.0,
            slack_blind_until: now,
            slack_lost_since: None,
            newest_tick: tick,
            pings: VecDeque::new(),
            next_ping: now,
            nonce: 0,
            events: VecDeque::new(),
            unsent: Unsent::new(now),
            updated: now,
            frame_s: 0.0,
            own_values: vec![0.0; R::Avatar::FIELDS.len()],
        }
    }

    pub(super) fn handle_pong(&mut self, now: Duration, pong: Pong) {
        let Some(place) = self
            .pings
            .iter()
            .position(|(nonce, _)| *nonce == pong.nonce)
        else {
            return;
        };
        let Some((_, sent)) = self.pings.remove(place) else {
            return;
        };
        self.clock
            .handle_pong(sent, now, Duration::from_micros(pong.room_time_us));
        if self.clock.sample_count() == 1 {
            // The way up takes about half of the round trip.
            let way_up_ticks = self.clock.rtt_s() / 2.0 * f64::from(R::TICK_RATE_HZ);
            self.set_lead(now, way_up_ticks + SLACK_TICKS);
        }
    }

    fn set_lead(&mut self, now: Duration, ticks: f64) {
        self.lead_target_ticks = ticks.clamp(0.0, LEAD_MAX_TICKS);
        self.lead_ticks = self.lead_target_ticks;
        self.slack_lost_since = None;
        self.slack_blind_until = now + Duration::from_secs_f64(self.clock.last_rtt_s() + 0.2);
    }

    pub(super) fn handle_snapshot(
        &mut self,
        now: Duration,
        schema: &Schema,
        bytes: &[u8],
    ) -> Result<(), String> {
        let message = SnapshotMessage::parse(bytes).map_err(|error| error.to_string())?;
        let header = message.header;
        let tick = self.newest_tick + i64::from(header.ticks_on);
        let mut group_tick = None;
        let mut events = Vec::new();
        let world = &mut self.world;
        let walked = message.parts(|part| {
            match part {
                Part::Group { age_ticks } => {
                    if let Some(done) = group_tick.replace(tick - i64::from(age_ticks)) {
                        world.finish_group(schema, done);
                    }
                }
                Part::Section(_, SectionKind::Events, bytes) => {
                    events.extend(read_events(group_tick.unwrap_or(tick), bytes)?);
                }
                Part::Section(channel, kind, bytes) => world.apply(schema, channel, kind, bytes)?,
            }
            Ok(())
        });
        walked.map_err(|error| error.to_string())?;
        world.finish_group(schema, tick);
        for event in read_events(tick, header.events)
            .map_err(|error| error.to_string())?
            .into_iter()
            .chain(events)
        {
            if let RoomEvent::Acted(sequence) = event.1 {
                self.actions.confirm(sequence);
                continue;
            }
            if self.events.len() == EVENTS {
                self.events.pop_front();
            }
            self.events.push_back(event);
        }
        self.newest_tick = tick;
        self.service = header.service.unwrap_or(self.service);
        let stride = u32::from(self.service.stride.min(STRIDE_FOLLOWED));
        let interval_ticks = R::TICKS_PER_SNAPSHOT * stride;
        self.timeline
            .set_interval(f64::from(interval_ticks) / f64::from(R::TICK_RATE_HZ));
        self.timeline.handle_snapshot(now, tick);
        self.applied = self.prediction.full_sequence(header.applied_low);
        self.actions.withdraw_refused(self.applied);
        if let Some(newest) = self.world.newest() {
            self.actions.follow(schema, &self.map.0, newest);
        }
        self.handle_slack(now, header.slack_ticks);
        self.handle_avatar(tick, header.avatar)
    }

    /// What the server must be told about what this client holds.
    pub(super) fn take_desyncs(&mut self) -> Vec<Desync> {
        let desyncs = std::mem::take(&mut self.world.desyncs);
        for desync in &desyncs {
            self.desyncs = self.desyncs.wrapping_add(u32::from(desync.found.is_none()));
            self.last_desync = Some(*desync);
        }
        desyncs
    }

    fn handle_slack(&mut self, now: Duration, slack_ticks: Option<i8>) {
        let Some(slack_ticks) = slack_ticks.map(f64::from) else {
            return;
        };
        self.slack_ticks = slack_ticks;
        self.unsent.handle_heard(now);
        if now < self.slack_blind_until {
            return;
        }
        if !(SLACK_LOST_TICKS..=SLACK_FAR_TICKS).contains(&slack_ticks) {
            let since = *self.slack_lost_since.get_or_insert(now);
            if now.saturating_sub(since) < SLACK_LOST_FOR {
                return;
            }
            self.set_lead(now, self.lead_target_ticks - slack_ticks + SLACK_TICKS);
        } else {
            self.slack_lost_since = None;
            let wanted = self.lead_target_ticks + (SLACK_TICKS - slack_ticks) * SLACK_GAIN;
            self.lead_target_ticks = wanted.clamp(0.0, LEAD_MAX_TICKS);
        }
    }

    fn handle_avatar(&mut self, tick: i64, avatar: OwnAvatar) -> Result<(), String> {
        match avatar {
            OwnAvatar::None => {
                self.avatar_entity = None;
                self.prediction.forget();
            }
            OwnAvatar::Predicted => {
                if !self.prediction.confirm(tick, &self.map.0) {
                    self.world.desyncs.push(Desync {
                        channel: ChannelId::OWN,
                        found: None,
                    });
                }
            }
            OwnAvatar::Whole(entity, bytes) => {
                let avatar = codec::decode::<R::Avatar, SERVER_MESSAGE_BYTES>(bytes)
                    .map_err(|error| error.to_string())?;
                if self.avatar_entity != Some(entity) {
                    self.prediction.forget();
                    self.avatar_entity = Some(entity);
                }
                self.prediction.reconcile(tick, avatar, &self.map.0);
            }
        }
        Ok(())
    }

    pub(super) fn update(&mut self, now: Duration, input: &R::Input) {
        let passed_s = now.saturating_sub(self.updated).as_secs_f64();
        self.updated = now;
        self.clock.update(now);
        self.timeline.update(now);
        let most = passed_s * f64::from(R::TICK_RATE_HZ) * LEAD_SLEW;
        self.lead_ticks += within(self.lead_target_ticks - self.lead_ticks, -most, most);
        self.prediction.fade(passed_s);
        let tick = self.input_tick(now).floor() as i64;
        let Some(mut made) = self.prediction.advance(tick, input, &self.map.0) else {
            return;
        };
        for (sequence, tick, action) in made.actions.drain(..) {
            let act = Act {
                player: self.player,
                sequence,
                action,
            };
            self.actions.predict(act, tick);
        }
        let viewed = self.viewed(now).max(0.0);
        let part = (viewed.fract() * 256.0) as u8;
        self.unsent.add(made, (Tick(viewed as i64 as u32), part));
    }

    /// The tick whose picture is on the screen: what is drawn, no further than it is extrapolated.
    fn viewed(&self, now: Duration) -> f64 {
        let drawn = self.timeline.drawn_tick(now).unwrap_or(0.0);
        let newest = self.world.newest().map_or(0.0, |newest| newest.tick as f64);
        drawn.min(newest + EXTRAPOLATE_S * f64::from(R::TICK_RATE_HZ))
    }

    /// What became of this client's own actions.
    pub(super) fn take_action_news(&mut self) -> Vec<ActionNews<R::Action>> {
        self.actions.take_news()
    }

    /// The inputs that are to be sent now, as one message.
    pub(super) fn take_inputs(&mut self, now: Duration) -> Option<Inputs<R::Input>> {
        self.unsent.take(now)
    }

    /// The ping to send now, if one is due.
    pub(super) fn due_ping(&mut self, now: Duration) -> Option<Ping> {
        if now < self.next_ping {
            return None;
        }
        let every = if self.clock.sample_count() < FIRST_PINGS {
            FIRST_PING_EVERY
        } else {
            PING_EVERY
        };
        self.next_ping = now + every;
        self.nonce = self.nonce.wrapping_add(1);
        if self.pings.len() == PINGS_OPEN {
            self.pings.pop_front();
        }
        self.pings.push_back((self.nonce, now));
        Some(Ping { nonce: self.nonce })
    }

    /// The tick that this client simulates at `now`, with fraction.
    fn input_tick(&self, now: Duration) -> f64 {
        self.room_tick(now) + self.lead_ticks
    }

    /// The events whose moment is drawn by now. What concerns the roster and the chat does not wait.
    pub(super) fn take_due_events(&mut self) -> Vec<RoomEvent<R::Event>> {
        let drawn = self.timeline.drawn_tick(self.updated).unwrap_or(f64::MIN);
        let waiting = |tick: i64, event: &RoomEvent<R::Event>| {
            matches!(event, RoomEvent::Game(_)) && tick as f64 > drawn
        };
        let (wait, due): (Vec<_>, Vec<_>) = self
            .events
            .drain(..)
            .partition(|(tick, event)| waiting(*tick, event));
        self.events.extend(wait);
        due.into_iter().map(|(_, event)| event).collect()
    }

    pub(super) fn draw(
        &mut self,
        now: Duration,
        schema: &Schema,
        input: &R::Input,
        view: &mut View,
    ) {
        let Some(drawn) = self.timeline.drawn_tick(now) else {
            return;
        };
        let tick_s = 1.0 / f64::from(R::TICK_RATE_HZ);
        let Some(basis) = self.world.basis(now, drawn, tick_s) else {
            return;
        };
        view.drawn_tick = drawn;
        view.fill(schema, &basis);
        // A second look within an animation frame is none.
        if let Some(passed_s) = basis.passed_s.filter(|passed_s| *passed_s > 0.001) {
            let known = self.frame_s > 0.0;
            self.frame_s += (passed_s - self.frame_s) * if known { FRAME_GAIN } else { 1.0 };
        }
        let tick = self.input_tick(now);
        let entity = self.avatar_entity.map_or(0, |entity| entity.0);
        if self
            .prediction
            .draw(tick, input, &self.map.0, &mut self.own_values)
            && let Some(component) = schema.component_index(R::Avatar::NAME)
        {
            view.overwrite(component, entity, &self.own_values);
        }
        self.actions.draw(tick, schema, &self.map.0, view);
    }

    pub(super) fn stats(&self, now: Duration) -> Stats {
        let newest = self.world.newest();
        Stats {
            ping_ms: self.clock.last_rtt_s() * 1000.0,
            jitter_ms: self.timeline.jitter_s() * 1000.0,
            server_tick: self.room_tick(now).floor(),
            input_lead_ticks: self.lead_ticks,
            input_slack_ticks: self.slack_ticks,
            interpolation_delay_ms: self.timeline.delay_s() * 1000.0,
            corrections: self.prediction.corrections,
            correction_last: self.prediction.last_correction,
            keyframes: self.world.keyframes,
            channels: self.world.channels().count() as u32,
            desyncs: self.desyncs,
            desync_last: self.last_desync.map(DesyncPlace::from),
            rung: self.service.rung,
            stride: u32::from(self.service.stride),
            entities: newest.map_or(0, |frame| {
                frame
                    .tables
                    .iter()
                    .map(|table| table.ids.len())
                    .max()
                    .unwrap_or(0) as u32
            }),
            budget: self.budget(now),
            ..Stats::default()
        }
    }

    fn budget(&self, now: Duration) -> Budget {
        let tick_s = 1.0 / f64::from(R::TICK_RATE_HZ);
        let behind_s = |drawn: f64| self.clock.room_time_s(now) - drawn * tick_s;
        Stages {
            tick_s,
            interval_ticks: f64::from(R::TICKS_PER_SNAPSHOT) * f64::from(self.service.stride),
            rtt_s: self.clock.last_rtt_s(),
            slack_ticks: self.slack_ticks,
            behind_s: self.timeline.drawn_tick(now).map_or(0.0, behind_s),
            frame_s: self.frame_s,
        }
        .budget()
    }

    /// The tick that the room simulates at `now` as far as this client knows, with fraction.
    pub(super) fn room_tick(&self, now: Duration) -> f64 {
        self.clock.room_time_s(now) * f64::from(R::TICK_RATE_HZ)
    }

    pub(super) fn prediction(&self) -> &Prediction<R> {
        &self.prediction
    }

    /// The newest snapshot's tick.
    pub(super) fn newest_tick(&self) -> Option<Tick> {
        let newest = self.world.newest()?;
        Some(Tick(newest.tick as u32))
    }

    pub(super) fn heard(&self, channel: ChannelId) -> Option<(Tick, &ChannelState)> {
        let tick = self.world.newest()?.tick;
        Some((Tick(tick as u32), self.world.channel(channel)?))
    }
}

/// Room events, back to back.
fn read_events<E: serde::de::DeserializeOwned>(
    tick: i64,
    mut bytes: &[u8],
) -> Result<Vec<(i64, RoomEvent<E>)>, SnapshotError> {
    let mut events = Vec::new();
    while !bytes.is_empty() {
        let (event, rest) = codec::decode_prefix::<RoomEvent<E>, SERVER_MESSAGE_BYTES>(bytes)
            .map_err(|_| SnapshotError::Invalid)?;
        // An event takes at least its tag, so this ends.
        if rest.len() == bytes.len() {
            return Err(SnapshotError::Invalid);
        }
        bytes = rest;
        events.push((tick, event));
    }
    Ok(events)
}
