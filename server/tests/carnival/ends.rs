//! The ends of what a room can hold.
