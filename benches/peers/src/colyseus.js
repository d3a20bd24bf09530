// Colyseus: its rooms, its matchmaking, its schema with quantised fields, a patch for every tick. With interest, each
// client has a StateView that follows its mover.

import { createServer } from "node:http";
import { Room, Server } from "@colyseus/core";
import { Encoder, StateView, schema, t } from "@colyseus/schema";
import { WebSocketTransport } from "@colyseus/ws-transport";
import { DIRECTIONS, Mover, Near, ROOM_SEATS, WORLD, isHeading, options, ready, step } from "./field.js";

// The default of 16 KiB grows with a warning, and the whole state of thousands is larger.
Encoder.BUFFER_SIZE = 1024 * 1024;

const wanted = options();

const MoverState = schema(
  {
    x: t.quantized({ min: 0, max: WORLD, bits: 16 }),
    y: t.quantized({ min: 0, max: WORLD, bits: 16 }),
    heading: t.uint8(),
    health: t.uint8(),
  },
  "MoverState",
);
// Its key in the map is the mover's id.
const movers = t.map(MoverState);
const FieldState = schema({ movers: wanted.game === "interest" ? movers.view() : movers }, "FieldState");

class FieldRoom extends Room {
  state = new FieldState();
  maxClients = wanted.game === "rooms" ? ROOM_SEATS : Number.POSITIVE_INFINITY;
  patchRate = 1000 / wanted.hz;
  maxMessagesPerSecond = 100;
  /** Session id -> what only the server knows of a mover: its exact place, and how it bounces. */
  players = new Map();
  near = wanted.game === "interest" ? new Near(wanted.radius) : undefined;

  onCreate() {
    this.onMessage("heading", (client, heading) => {
      const player = this.players.get(client.sessionId);
      if (player && isHeading(heading)) player.mover.heading = heading % DIRECTIONS;
    });
    this.setTimestep(() => this.tick(1 / wanted.hz), 1000 / wanted.hz);
  }

  onJoin(client) {
    const mover = new Mover(0);
    const shown = new MoverState();
    shown.health = mover.health;
    mover.shown = shown;
    const player = { client, mover, seen: new Set() };
    this.players.set(client.sessionId, player);
    show(mover);
    this.state.movers.set(client.sessionId, shown);
    if (this.near) client.view = new StateView();
  }

  onLeave(client) {
    this.players.delete(client.sessionId);
    this.state.movers.delete(client.sessionId);
  }

  tick(dt) {
    for (const { mover } of this.players.values()) {
      step(mover, dt);
      show(mover);
    }
    if (this.near) this.look();
  }

  /** Lets each client's view follow its mover. Only what comes into the view or leaves it is touched. */
  look() {
    const all = [];
    for (const { mover } of this.players.values()) all.push(mover);
    this.near.fill(all);
    for (const player of this.players.values()) {
      const { view } = player.client;
      const now = new Set();
      this.near.visit(player.mover, (other) => {
        now.add(other.shown);
        if (!player.seen.has(other.shown)) view.add(other.shown);
      });
      for (const shown of player.seen) {
        if (!now.has(shown)) view.remove(shown);
      }
      player.seen = now;
    }
  }
}

/** What clients see of a mover. */
function show(mover) {
  const { shown } = mover;
  shown.x = mover.x;
  shown.y = mover.y;
  shown.heading = mover.heading;
}

const http = createServer();
const server = new Server({
  greet: false,
  transport: new WebSocketTransport({ server: http }),
});
server.define("field", FieldRoom);
await server.listen(wanted.port, wanted.host);
ready(http.address());
