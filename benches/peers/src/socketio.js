// Socket.IO over WebSocket alone: one binary broadcast per tick to the room's Socket.IO room, which encodes it once for
// all. With interest, one binary message per client.

import { createServer } from "node:http";
import { Server } from "socket.io";
import { MOVER_BYTES, Near, Rooms, isHeading, options, pack, ready, writeMover } from "./field.js";

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
    near.fill(movers);
    const scratch = Buffer.allocUnsafe(movers.length * MOVER_BYTES);
    for (const [client, mover] of room.members) {
      let end = 0;
      near.visit(mover, (other) => {
        writeMover(scratch, end, other);
        end += MOVER_BYTES;
      });
      client.emit("state", Buffer.from(scratch.subarray(0, end)));
    }
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
