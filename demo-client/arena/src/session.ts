/**
 * One stay in a room, from Play to the end: joins the room, the picture and the HUD.
 *
 * In: the person's choices, the room's events, animation frames. Out: inputs to the room, a frame on the screen, the
 * state in words and in `<body data-state data-player data-room>`.
 */

import { type ConnectionState, connect, type Predicted, type Room, type Welcome } from "tickwire";
import { type Arena, type ArenaView, arena, mapOf } from "./arena-game";
import { data } from "./hud/dom";
import type { Hud } from "./hud/hud";
import type { Controls } from "./input";
import type { Moment, Scene } from "./scene/scene";
import type { Sound } from "./sound";
import { FRAME_MAX_S } from "./tunables";
import type { WayOn } from "./words";

export class Session {
  /** The room that we are in or try to enter. */
  room: Room<Arena> | undefined;
  /** The last view that was drawn. */
  view: ArenaView | undefined;
  readonly #scene: Scene;
  readonly #hud: Hud;
  readonly #controls: Controls;
  readonly #sound: Sound;
  readonly #moment: Moment;
  readonly #nobody = new Map<never, never>();
  #name = "";
  #aim = 0;
  #lastMs = 0;

  constructor(scene: Scene, hud: Hud, controls: Controls, sound: Sound) {
    this.#scene = scene;
    this.#hud = hud;
    this.#controls = controls;
    this.#sound = sound;
    this.#moment = {
      view: undefined,
      players: this.#nobody,
      ownPlayer: undefined,
      ownEntity: undefined,
      mouseX: 0,
      mouseY: 0,
      nowMs: 0,
      dtS: 0,
    };
    hud.cards.onPlay = (name, room) => this.join(name, room);
    hud.cards.onWay = (way) => this.#go(way);
    hud.cards.onRetryNow = () => this.room?.retryNow();
    hud.cards.onStop = () => this.stop();
    hud.chat.onLine = (text) => this.room?.chat(text);
    hud.chat.onOpen = () => controls.release();
    hud.vitals.onDash = () => sound.dash();
    hud.vitals.onReload = () => sound.reload();
    scene.effects.onHurt = (damage) => hud.hurt(damage);
  }

  /** Shows the start card, for the room in the address. */
  start(): void {
    data(document.body, "state", "start");
    this.#hud.cards.showStart(roomOfAddress());
  }

  /** Enters a room; an empty name asks for any room. */
  join(name: string, room: string): void {
    this.room?.leave();
    this.#name = name;
    this.#hud.clear();
    this.#hud.cards.hide();
    const joined = connect(arena, { name, room, linked: true });
    this.room = joined;
    this.#hud.watch(joined, () => this.#controls.release());
    // A room that was left before this one still reports that it is closed.
    const ours = () => this.room === joined;
    joined.on("state", (state) => ours() && this.#changed(state));
    joined.on("welcome", (welcome) => this.#welcomed(joined, welcome));
    joined.on("roster", (players) => this.#hud.roster(players));
    joined.on("chat", (line) => this.#hud.chat.add(line));
    joined.on("chatRefused", () => this.#hud.chat.note("Not sent: too many lines at once."));
    joined.on("event", (event) => {
      this.#scene.happened(event, joined.me.player);
      this.#hud.happened(event, joined);
      if (typeof event === "object" && "RoundOver" in event) {
        this.#sound.fanfare(event.RoundOver.winner === joined.me.player);
      }
    });
    joined.on("predicted", (predicted) => this.#predicted(joined, predicted));
    joined.on("confirmed", (sequence) => this.#scene.ownShots.confirmed(sequence));
    joined.on("withdrawn", (sequence) => {
      if (this.#scene.ownShots.withdrawn(sequence)) this.#hud.vitals.railed(false);
    });
    this.#changed(joined.state);
  }

  /** Leaves, and shows the start card. */
  stop(): void {
    const room = this.room;
    this.room = undefined;
    room?.leave();
    this.#hud.overlay?.remove();
    this.#hud.overlay = undefined;
    this.#hud.clear();
    this.start();
  }

  /** One animation frame: keyboard and mouse -> input -> view -> picture and words. */
  frame(nowMs: number): void {
    const dtS = Math.min(FRAME_MAX_S, Math.max(0, (nowMs - this.#lastMs) / 1000));
    this.#lastMs = nowMs;
    const { room } = this;
    this.#controls.enabled = room?.state.kind === "playing" && !this.#hud.busy;
    if (room) this.#send(room, nowMs);
    this.view = room?.view();
    const moment = this.#moment;
    moment.view = this.view;
    moment.players = room?.players ?? this.#nobody;
    moment.ownPlayer = room?.me.player;
    moment.ownEntity = room?.me.entity;
    moment.mouseX = this.#controls.mouseX;
    moment.mouseY = this.#controls.mouseY;
    moment.nowMs = nowMs;
    moment.dtS = dtS;
    this.#scene.aim(this.#controls.enabled, moment.mouseX, moment.mouseY, dtS);
    this.#scene.draw(moment);
    if (room && this.view) {
      this.#listen(room, nowMs);
      this.#hud.frame(room, this.view, nowMs);
      this.#hud.rewind.frame(this.#scene.camera, this.#scene.fighters.drawn, room.me.player);
    }
    this.#hud.cards.tick(nowMs);
  }

  /** Shows our own shot before the server knows of it. */
  #predicted(room: Room<Arena>, { sequence, action }: Predicted<Arena>): void {
    const { player } = room.me;
    if (player === undefined) return;
    this.#scene.ownShots.predicted(player, sequence, action);
    if (!("Rail" in action)) return;
    this.#hud.vitals.railed(true);
    this.#hud.rewind.fired(action.Rail);
  }

  #send(room: Room<Arena>, nowMs: number): void {
    const { camera, fighters } = this.#scene;
    const own = room.me.player === undefined ? undefined : fighters.of(room.me.player);
    if (own?.alive && this.#controls.enabled) {
      const dy = camera.toWorldY(this.#controls.mouseY) - own.y;
      const dx = camera.toWorldX(this.#controls.mouseX) - own.x;
      if (dx !== 0 || dy !== 0) this.#aim = Math.atan2(dy, dx);
    }
    room.setInput(this.#controls.sample(nowMs, this.#aim));
  }

  /** Moves the listener to where we are, and plays the sound of a dash. */
  #listen(room: Room<Arena>, nowMs: number): void {
    const own = room.me.player === undefined ? undefined : this.#scene.fighters.of(room.me.player);
    this.#sound.x = own?.x ?? this.#scene.camera.x;
    this.#sound.y = own?.y ?? this.#scene.camera.y;
    if (own?.alive) this.#hud.vitals.moved(Math.hypot(own.vx, own.vy), nowMs);
  }

  #changed(state: ConnectionState): void {
    data(document.body, "state", state.kind);
    if (state.kind === "playing") this.#hud.cards.hide();
    else this.#hud.chat.open(false);
    if (state.kind === "closed") this.#hud.cards.showNotice(state.code, state.words);
    this.#hud.cards.showLink(state, performance.now());
  }

  #welcomed(room: Room<Arena>, welcome: Welcome): void {
    this.#scene.ownShots.clear();
    data(document.body, "player", String(welcome.player));
    data(document.body, "room", welcome.room);
    this.#hud.place.room(welcome.room);
    this.#hud.roster(room.players);
    document.title = `${welcome.room} · Tickwire Arena`;
    const setup = room.setup;
    if (setup) this.#scene.load(mapOf(setup));
  }

  #go(way: WayOn): void {
    if (way === "reload") location.reload();
    else if (way === "rename") this.stop();
    else this.join(this.#name, way === "again" ? roomOfAddress() : "");
  }
}

/** The room in the page's address. */
export function roomOfAddress(): string {
  return new URLSearchParams(location.search).get("room") ?? "";
}
