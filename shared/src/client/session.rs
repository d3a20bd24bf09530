//! What lives from a welcome to the end of its connection: clocks, world, prediction, events that wait for their tick.
//!
//! In: pongs, snapshots, time, the input held. Out: pings and inputs to send, events whose tick is drawn, the view.

use std::time::Duration;

use super::actions::{ActionNews, Actions};
use super::clock::Clock;
use super::lead::Lead;
use super::pings::Pings;
use super::prediction::Prediction;
use super::room_events::{RoomEvents, Told, read_events};
use super::stats::{Budget, DesyncPlace, FrameTime, Stages, Stats};
use super::timeline::Timeline;
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
use crate::snapshot::layout::{
    OwnAvatar, Part, SLACK_PARTS, SectionKind, ServiceLevel, SnapshotMessage,
};

#[derive(Debug)]
pub(super) struct Session<R: Rules> {
    pub(super) player: PlayerId,
    pub(super) room: String,
    pub(super) avatar_entity: Option<EntityId>,
    /// The newest input that the server had applied by its newest snapshot.
    pub(super) applied: InputSequence,
    map: MapOf<R>,
    clock: Clock,
    timeline: Timeline,
    pub(super) world: World,
    service: ServiceLevel,
    prediction: Prediction<R>,
    actions: Actions<R>,
    lead: Lead,
    newest_tick: i64,
    pings: Pings,
    events: RoomEvents<R::Event>,
    unsent: Unsent<R::Input>,
    updated: Duration,
    frame_time: FrameTime,
    own_values: Vec<f64>,
}

/// A game's map, which need not be `Debug`.
struct MapOf<R: Rules>(R::Map);

impl<R: Rules> std::fmt::Debug for MapOf<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Map")
    }
}

impl<R: Rules> Session<R> {
    pub(super) fn new(now: Duration, welcome: Welcome<R::Setup>, schema: &Schema) -> Session<R> {
        let tick_s = 1.0 / f64::from(R::TICK_RATE_HZ);
        // Ticks wrap on the wire and do not here: the room's time says how often they have.
        let room_ticks = welcome.room_time_us as f64 * f64::from(R::TICK_RATE_HZ) / 1e6;
        let about = room_ticks.round() as i64;
        let tick = about + i64::from(welcome.tick.since(Tick(about as u32)));
        Session {
            player: welcome.player,
            room: welcome.room,
            map: MapOf(R::map(&welcome.setup)),
            avatar_entity: None,
            applied: InputSequence(0),
            clock: Clock::new(now, Duration::from_micros(welcome.room_time_us)),
            timeline: Timeline::new(
                tick_s,
                tick_s * f64::from(R::TICKS_PER_SNAPSHOT),
                schema.tables.iter().any(|table| !table.moving.is_empty()),
            ),
            world: World::default(),
            service: ServiceLevel::default(),
            prediction: Prediction::new(tick),
            actions: Actions::default(),
            lead: Lead::new(now, f64::from(R::TICK_RATE_HZ)),
            newest_tick: tick,
            pings: Pings::new(now),
            events: RoomEvents::default(),
            unsent: Unsent::new(now),
            updated: now,
            frame_time: FrameTime::default(),
            own_values: vec![0.0; R::Avatar::FIELDS.len()],
        }
    }

    pub(super) fn handle_pong(&mut self, now: Duration, pong: Pong) {
        let Some(sent) = self.pings.answer(pong.nonce) else {
            return;
        };
        self.clock
            .handle_pong(sent, now, Duration::from_micros(pong.room_time_us));
        if self.clock.sample_count() == 1 {
            // The way up takes about half of the round trip.
            let way_up_ticks = self.clock.rtt_s() / 2.0 * f64::from(R::TICK_RATE_HZ);
            self.lead.start(now, way_up_ticks, self.clock.last_rtt_s());
        }
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
        if !header.roster.is_empty() {
            let joins = read_events(tick, header.roster).map_err(|error| error.to_string())?;
            self.events.push_roster(tick, joins);
        }
        for (tick, event) in events {
            if let RoomEvent::Acted(sequence) = event {
                self.actions.confirm(sequence);
            } else {
                self.events.push(tick, event);
            }
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
        if let Some(newest) = self.world.frames.newest() {
            self.actions.follow(schema, &self.map.0, newest);
        }
        if let Some(slack_parts) = header.slack_parts {
            self.unsent.handle_heard(now);
            let rtt_s = self.clock.last_rtt_s();
            let slack_ticks = f64::from(slack_parts) / f64::from(SLACK_PARTS);
            self.lead.handle_slack(now, slack_ticks, rtt_s);
        }
        self.handle_avatar(tick, header.avatar)
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
        self.lead.update(now, passed_s * f64::from(R::TICK_RATE_HZ));
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

    /// The tick whose picture is on the screen, with its fraction: the drawn tick, but no further than extrapolation goes.
    fn viewed(&self, now: Duration) -> f64 {
        let drawn = self.timeline.drawn_tick(now).unwrap_or(0.0);
        let newest = self
            .world
            .frames
            .newest()
            .map_or(0.0, |newest| newest.tick as f64);
        drawn.min(newest + EXTRAPOLATE_S * f64::from(R::TICK_RATE_HZ))
    }

    /// What became of this client's own actions.
    pub(super) fn take_action_news(&mut self) -> Vec<ActionNews<R::Action>> {
        self.actions.take_news()
    }

    /// The inputs to send now, as one message.
    pub(super) fn take_inputs(&mut self, now: Duration) -> Option<Inputs<R::Input>> {
        self.unsent.take(now)
    }

    /// The ping to send now, if one is due.
    pub(super) fn due_ping(&mut self, now: Duration) -> Option<Ping> {
        self.pings.take_due(now, self.clock.sample_count())
    }

    /// The tick that this client simulates at `now`, with its fraction.
    fn input_tick(&self, now: Duration) -> f64 {
        self.room_tick(now) + self.lead.ticks()
    }

    /// The events whose tick is drawn by now. Those of the roster and the chat do not wait.
    pub(super) fn take_due_events(&mut self) -> Vec<Told<R::Event>> {
        let drawn = self.timeline.drawn_tick(self.updated).unwrap_or(f64::MIN);
        self.events.take_due(drawn)
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
        let Some(basis) = self.world.frames.basis(now, drawn, tick_s) else {
            return;
        };
        view.drawn_tick = drawn;
        view.fill(schema, &basis);
        self.frame_time.note(basis.passed_s);
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
        let newest = self.world.frames.newest();
        Stats {
            ping_ms: self.clock.last_rtt_s() * 1000.0,
            jitter_ms: self.timeline.jitter_s() * 1000.0,
            server_tick: self.room_tick(now).floor(),
            input_lead_ticks: self.lead.ticks(),
            input_slack_ticks: self.lead.slack_ticks(),
            interpolation_delay_ms: self.timeline.delay_s() * 1000.0,
            corrections: self.prediction.corrections,
            correction_last: self.prediction.last_correction,
            keyframes: self.world.keyframes,
            channels: self.world.channels().count() as u32,
            desyncs: self.world.desync_count,
            desync_last: self.world.last_desync.map(DesyncPlace::from),
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
            slack_ticks: self.lead.slack_ticks(),
            behind_s: self.timeline.drawn_tick(now).map_or(0.0, behind_s),
            frame_s: self.frame_time.smoothed_s(),
        }
        .budget()
    }

    /// The tick that the room simulates at `now` as far as this client knows, with its fraction.
    pub(super) fn room_tick(&self, now: Duration) -> f64 {
        self.clock.room_time_s(now) * f64::from(R::TICK_RATE_HZ)
    }

    pub(super) fn prediction(&self) -> &Prediction<R> {
        &self.prediction
    }
}
