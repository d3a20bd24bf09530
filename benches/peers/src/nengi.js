// nengi 2 on Bun: one instance with its snapshot of each user at each tick. What changed is found once a tick and written
// for every user. Rooms are channels; with interest, one spatial channel shows each user what is in its view.

import { AABB2D, Binary, Channel, ChannelAABB2D, Context, Instance, NetworkEvent, User, defineSchema } from "nengi";
import { BufferReader, BufferWriter } from "nengi-buffers";
import { Mover, ROOM_SEATS, WORLD, isHeading, loop, options, ready, step } from "./field.js";

const wanted = options();
const STEPS = 10; // positions on the wire are whole tenths
/** The square view that shows as many movers as the other servers' circle does. */
const HALF_VIEW = WORLD * STEPS * (1 - Math.sqrt(1 - Math.sqrt(Math.min(1, wanted.seen))));

const NType = { Mover: 1, Heading: 2 };
const context = new Context();
context.register(
  NType.Mover,
  defineSchema({
    x: { type: Binary.UInt16, interp: true },
    y: { type: Binary.UInt16, interp: true },
    heading: Binary.UInt8,
    health: Binary.UInt8,
  }),
);
context.register(NType.Heading, defineSchema({ heading: Binary.UInt8 }));

/** nengi's way to Bun's sockets, after its adapter for uWebSockets.js, which is not on npm as a whole. */
class BunAdapter {
  constructor(network) {
    this.network = network;
  }

  listen(port, done) {
    const { network } = this;
    const server = Bun.serve({
      hostname: wanted.host,
      port,
      fetch(request, server) {
        if (server.upgrade(request)) return undefined;
        return new Response("This is a WebSocket.", { status: 426 });
      },
      websocket: {
        maxPayloadLength: 4096,
        perMessageDeflate: false,
        open: (socket) => {
          socket.data = new User(socket, this);
          network.onOpen(socket.data);
        },
        message(socket, message) {
          if (typeof message !== "string") network.onMessage(socket.data, message);
        },
        close(socket) {
          network.onClose(socket.data);
        },
      },
    });
    done(server);
  }

  createBuffer(bytes) {
    return Buffer.allocUnsafe(bytes);
  }

  createBufferWriter(bytes) {
    return new BufferWriter(this.createBuffer(bytes));
  }

  createBufferReader(buffer) {
    return new BufferReader(buffer);
  }

  send(user, buffer) {
    user.socket.sendBinary(buffer);
  }

  disconnect(user, reason) {
    user.socket.close(1000, JSON.stringify(reason));
  }
}

const instance = new Instance(context);
instance.onConnect = async () => true;

const seats = wanted.game === "rooms" ? ROOM_SEATS : Number.POSITIVE_INFINITY;
const rooms = [];

/** A room with a free seat. Rooms stay, since nengi keeps its channels. */
function freeRoom() {
  let room = rooms.find((candidate) => candidate.channel.users.size < seats);
  if (!room) {
    const Kind = wanted.game === "interest" ? ChannelAABB2D : Channel;
    room = { channel: new Kind(instance.localState) };
    instance.registerChannel(room.channel);
    rooms.push(room);
  }
  return room;
}

/** User -> its mover, what the others see of it, its view, and its room. */
const players = new Map();

function join(user) {
  // nengi-buffers refuses to write the -1 of a user who has not sent a tick yet.
  user.lastReceivedClientTick = Math.max(0, user.lastReceivedClientTick);
  const mover = new Mover(0);
  const shown = { nid: 0, ntype: NType.Mover, x: 0, y: 0, heading: 0, health: mover.health };
  const player = { mover, shown, view: new AABB2D(0, 0, HALF_VIEW, HALF_VIEW), room: freeRoom() };
  show(player);
  player.room.channel.addEntity(shown);
  player.room.channel.subscribe(user, player.view);
  players.set(user, player);
}

function leave(user) {
  const { room, shown } = players.get(user);
  room.channel.unsubscribe(user);
  room.channel.removeEntity(shown);
  players.delete(user);
}

/** What clients see of a mover, and where its player looks. */
function show({ mover, shown, view }) {
  shown.x = Math.round(mover.x * STEPS);
  shown.y = Math.round(mover.y * STEPS);
  shown.heading = mover.heading;
  view.x = shown.x;
  view.y = shown.y;
}

function listen({ type, user, command }) {
  if (type === NetworkEvent.UserConnected) {
    join(user);
  } else if (type === NetworkEvent.UserDisconnected) {
    leave(user);
  } else if (type === NetworkEvent.Command && command.ntype === NType.Heading) {
    const player = players.get(user);
    if (player && isHeading(command.heading)) player.mover.heading = command.heading;
  }
}

loop(wanted.hz, (dt) => {
  while (!instance.queue.isEmpty()) listen(instance.queue.next());
  for (const player of players.values()) {
    step(player.mover, dt);
    show(player);
  }
  instance.step();
});

new BunAdapter(instance.network).listen(wanted.port, (server) =>
  ready({ address: server.hostname, port: server.port }),
);
