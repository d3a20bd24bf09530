// Bun's own server: one buffer for each room, ten bytes a mover, made once a tick and published to the room's topic. Bun
// makes one frame of it for all. No delta, no handshake of its own, no reconnects.

import { Near, Rooms, isHeading, options, pack, ready } from "./field.js";

/** Bytes that may wait for a client before Bun lets it miss ticks: old state is not worth sending. */
const WAITING_BYTES = 256 * 1024;

const wanted = options();
const near = wanted.game === "interest" ? new Near(wanted.radius) : undefined;

const rooms = new Rooms(wanted, (room, movers) => {
  if (near) {
    near.pack(room, movers, (client, state) => client.sendBinary(state));
    return;
  }
  server.publish(room.name, pack(movers));
});

const server = Bun.serve({
  hostname: wanted.host,
  port: wanted.port,
  fetch(request, server) {
    if (server.upgrade(request)) return undefined;
    return new Response("This is a WebSocket.", { status: 426 });
  },
  websocket: {
    maxPayloadLength: 4096,
    backpressureLimit: WAITING_BYTES,
    perMessageDeflate: false,
    open(client) {
      client.data = rooms.join(client);
      client.subscribe(client.data.room.name);
    },
    message(client, message) {
      if (message.length === 1 && isHeading(message[0])) client.data.mover.heading = message[0];
    },
    close(client) {
      rooms.leave(client, client.data.room);
    },
  },
});
ready({ address: server.hostname, port: server.port });
