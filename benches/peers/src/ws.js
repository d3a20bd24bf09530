// The bare library `ws`: one buffer for everybody, ten bytes a mover, made once a tick. No delta, no handshake of its
// own, no reconnects: what a small team writes first.

import { createServer } from "node:http";
import { WebSocketServer } from "ws";
import { Near, Rooms, isHeading, options, pack, ready } from "./field.js";

/** Bytes that may wait for a client before it misses ticks: old state is not worth sending. */
const WAITING_BYTES = 256 * 1024;

const wanted = options();
const near = wanted.game === "interest" ? new Near(wanted.radius) : undefined;

const rooms = new Rooms(wanted, (room, movers) => {
  if (near) {
    near.pack(room, movers, (client, state) => send(client, Buffer.from(state)));
    return;
  }
  const state = pack(movers);
  for (const client of room.members.keys()) send(client, state);
});

function send(client, state) {
  if (client.bufferedAmount < WAITING_BYTES) client.send(state);
}

const server = createServer();
const sockets = new WebSocketServer({ server, perMessageDeflate: false, maxPayload: 4096 });
sockets.on("connection", (client) => {
  const { room, mover } = rooms.join(client);
  client.on("message", (message) => {
    if (message.length === 1 && isHeading(message[0])) mover.heading = message[0];
  });
  client.on("close", () => rooms.leave(client, room));
  client.on("error", () => client.terminate());
});
server.listen(wanted.port, wanted.host, () => ready(server.address()));
