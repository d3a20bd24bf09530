// The work of every peer: movers in a world of 1000 x 1000; their players tell them where to go.
//
// In: flags, headings from clients. Out: moved movers, a loop that keeps its rate, ten bytes a mover. No sockets here.

import { parseArgs } from "node:util";

export const WORLD = 1000; // units; positions go over the wire in steps of 0.1
export const SPEED = 200; // units per second
export const DIRECTIONS = 256; // headings that an input can name
export const ROOM_SEATS = 8; // players of one room in `rooms`
const MOVER_BYTES = 10; // id, x, y, heading, health: a u16 each
/** How many movers a player sees in `interest`, itself included. */
const SEEN = 40;

/** The options from the command line. */
export function options() {
  const { values } = parseArgs({
    options: {
      listen: { type: "string", default: "127.0.0.1:4190" },
      game: { type: "string", default: "field" },
      hz: { type: "string", default: "20" },
      players: { type: "string", default: "1000" },
    },
  });
  const [host, port] = values.listen.split(":");
  const players = Number(values.players);
  if (!["field", "interest", "rooms"].includes(values.game)) {
    throw new Error(`--game is field, interest or rooms, not ${values.game}`);
  }
  return {
    host,
    port: Number(port),
    game: values.game,
    hz: Number(values.hz),
    /** The share of all players that each sees in `interest`. */
    seen: SEEN / players,
    /** Sees about that many if they are spread evenly. */
    radius: WORLD * circleOf(SEEN / players),
  };
}

/** The radius, in sides of the world, of a circle that holds this share of the world on average, for any centre in it.
 * */
function circleOf(share) {
  // The area that a disc shares with the unit square that holds its centre, on average: near the edges part lies
  // outside.
  const inside = (r) => r * r * (Math.PI - r * (8 / 3 - r / 2));
  let [low, high] = [0, 1];
  for (let step = 0; step < 50; step++) {
    const middle = (low + high) / 2;
    if (inside(middle) < share) low = middle;
    else high = middle;
  }
  return high;
}

/** Prints where the server is, for the program that started it. */
export function ready({ address, port }) {
  console.log(`http://${address}:${port}`);
}

/** A mover. It bounces off the world's edges: `mirrorX` and `mirrorY` say that it does so now. */
export class Mover {
  constructor(id) {
    this.id = id;
    this.x = Math.random() * WORLD;
    this.y = Math.random() * WORLD;
    this.heading = 0;
    this.health = 100;
    this.mirrorX = 1;
    this.mirrorY = 1;
  }
}

/** Moves a mover by one tick. */
export function step(mover, dt) {
  const angle = (mover.heading * 2 * Math.PI) / DIRECTIONS;
  let x = mover.x + Math.cos(angle) * SPEED * dt * mover.mirrorX;
  let y = mover.y + Math.sin(angle) * SPEED * dt * mover.mirrorY;
  if (x < 0 || x > WORLD) {
    x = x < 0 ? -x : 2 * WORLD - x;
    mover.mirrorX = -mover.mirrorX;
  }
  if (y < 0 || y > WORLD) {
    y = y < 0 ? -y : 2 * WORLD - y;
    mover.mirrorY = -mover.mirrorY;
  }
  mover.x = x;
  mover.y = y;
}

/** Whether this is a heading. Clients' messages are checked, as in any server. */
export function isHeading(value) {
  return Number.isInteger(value) && value >= 0 && value < DIRECTIONS;
}

/** Writes one mover: ten bytes. */
function writeMover(buffer, offset, mover) {
  buffer.writeUInt16LE(mover.id & 0xffff, offset);
  buffer.writeUInt16LE(Math.round(mover.x * 10), offset + 2);
  buffer.writeUInt16LE(Math.round(mover.y * 10), offset + 4);
  buffer.writeUInt16LE(mover.heading, offset + 6);
  buffer.writeUInt16LE(mover.health, offset + 8);
}

/** All movers in one buffer. */
export function pack(movers) {
  const buffer = Buffer.allocUnsafe(movers.length * MOVER_BYTES);
  for (let i = 0; i < movers.length; i++) {
    writeMover(buffer, i * MOVER_BYTES, movers[i]);
  }
  return buffer;
}

/** Calls `tick` `hz` times a second without the drift of `setInterval`. Returns a function that ends it. */
export function loop(hz, tick) {
  const interval = 1000 / hz;
  let due = performance.now() + interval;
  let timer = setTimeout(run, interval);
  function run() {
    tick(1 / hz);
    const now = performance.now();
    // A loop that is far behind gives up what it missed.
    due = Math.max(due + interval, now - 3 * interval);
    timer = setTimeout(run, Math.max(0, due - now));
  }
  return () => clearTimeout(timer);
}

/** Which movers are near each other: cells as wide as the radius, so nine of them hold every mover within it. */
export class Near {
  constructor(radius) {
    this.radius = radius;
    this.columns = Math.max(1, Math.floor(WORLD / radius));
    this.cells = Array.from({ length: this.columns * this.columns }, () => []);
  }

  place(at) {
    return Math.min(this.columns - 1, Math.floor((at / WORLD) * this.columns));
  }

  /** Sorts the movers into cells, once a tick. */
  fill(movers) {
    for (const cell of this.cells) cell.length = 0;
    for (const mover of movers) {
      this.cells[this.place(mover.y) * this.columns + this.place(mover.x)].push(mover);
    }
  }

  /** Calls `each` for every mover within the radius of `mover`, itself included. */
  visit(mover, each) {
    const column = this.place(mover.x);
    const row = this.place(mover.y);
    const most = this.radius * this.radius;
    for (let r = Math.max(0, row - 1); r <= Math.min(this.columns - 1, row + 1); r++) {
      for (let c = Math.max(0, column - 1); c <= Math.min(this.columns - 1, column + 1); c++) {
        for (const other of this.cells[r * this.columns + c]) {
          const dx = other.x - mover.x;
          const dy = other.y - mover.y;
          if (dx * dx + dy * dy <= most) each(other);
        }
      }
    }
  }

  /** Packs for each player of a room the movers near its own. `send` must copy the state if it keeps it. */
  pack(room, movers, send) {
    this.fill(movers);
    const scratch = Buffer.allocUnsafe(movers.length * MOVER_BYTES);
    for (const [client, mover] of room.members) {
      let end = 0;
      this.visit(mover, (other) => {
        writeMover(scratch, end, other);
        end += MOVER_BYTES;
      });
      send(client, scratch.subarray(0, end));
    }
  }
}

/** Rooms for `ws`, Socket.IO and Bun, which have no rooms with a loop: a few players each, with a tick of its own. */
export class Rooms {
  /** `send(room, movers)` sends a room's players their state after a tick. */
  constructor({ game, hz }, send) {
    this.seats = game === "rooms" ? ROOM_SEATS : Infinity;
    this.hz = hz;
    this.send = send;
    this.open = new Set();
    this.nextId = 1;
  }

  /** Puts a new mover into a room with a free seat; the answer's `room` is a Map from client to mover. */
  join(client) {
    let room;
    for (const candidate of this.open) {
      if (candidate.members.size < this.seats) room = candidate;
    }
    if (!room) {
      room = { name: `room ${this.nextId}`, members: new Map(), stop: undefined };
      room.stop = loop(this.hz, (dt) => this.tick(room, dt));
      this.open.add(room);
    }
    const mover = new Mover(this.nextId++);
    room.members.set(client, mover);
    return { room, mover };
  }

  leave(client, room) {
    room.members.delete(client);
    if (room.members.size === 0) {
      room.stop();
      this.open.delete(room);
    }
  }

  tick(room, dt) {
    const movers = [...room.members.values()];
    for (const mover of movers) step(mover, dt);
    this.send(room, movers);
  }
}
