// Socket.IO over WebSocket alone: one binary broadcast per tick to the room's Socket.IO room, which encodes it once for
// all. With interest, one binary message per client.

import { createServer } from "node:http";
import { Server } from "socket.io";
import { Near, Rooms, isHeading, options, pack, ready } from "./field.js";

const wanted = options();
const near = wanted.game === "interest" ? new Near(wanted.radius) : undefined;

const server = createServer();
const io = new Server(server, {
  transports: ["websocket"],
  serveClient: false,
  perMessageDeflate: false,
  maxHttpBufferSize: 4096,
});

const rooms = new Rooms(wanted, (room, movers) => {
  if (near) {
    near.pack(room, movers, (client, state) => client.emit("state", Buffer.from(state)));
    return;
  }
  io.to(room.name).emit("state", pack(movers));
});

io.on("connection", (client) => {
  const { room, mover } = rooms.join(client);
  client.join(room.name);
  client.on("heading", (heading) => {
    if (isHeading(heading)) mover.heading = heading;
  });
  client.on("disconnect", () => rooms.leave(client, room));
});
server.listen(wanted.port, wanted.host, () => ready(server.address()));
