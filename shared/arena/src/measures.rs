//! The measures of the arena: sizes, speeds, the magazine. Every other file of the rules may build on them.
//!
//! In: nothing. Out: constants, the same on both ends. A change of one may change what the step does, and with it the
//! trace. Times stay with the code that they rule, in `guns` and `step`.

/// Distance from the centre of the arena to its east and west walls, metres.
pub const ARENA_HALF_WIDTH_M: f32 = 20.0;
/// Distance from the centre of the arena to its north and south walls, metres.
pub const ARENA_HALF_HEIGHT_M: f32 = 13.0;
/// A fighter is a circle of this radius, metres.
pub const BODY_RADIUS_M: f32 = 0.5;
/// A shot is a circle of this radius, metres.
pub const PROJECTILE_RADIUS_M: f32 = 0.12;
/// Speed of a flying shot, metres per second.
pub const PROJECTILE_SPEED_M_S: f32 = 28.0;
/// Full running speed, metres per second, in any of the eight directions.
pub const RUN_SPEED_M_S: f32 = 6.0;
/// Speed of a dash, metres per second. Nothing is faster.
pub const DASH_SPEED_M_S: f32 = 16.0;

/// Shots in a magazine.
pub const MAGAZINE: u8 = 12;
