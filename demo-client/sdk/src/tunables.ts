/**
 * All numbers of the SDK that one may want to change, with their units. The netcode's own numbers (interpolation delay,
 * clock, prediction) are in the client core, in Rust.
 */

/** The longest first wait before another try, milliseconds. Each further wait may be twice as long. */
export const BACKOFF_FIRST_MS = 250;

/** The longest wait of all, milliseconds. */
export const BACKOFF_CAP_MS = 8_000;

/** After a connection that lasted this long, milliseconds, the next loss starts from the shortest wait. */
export const STABLE_MS = 5_000;

/** Time from one check of a connection to the next, milliseconds. A hidden tab speaks this often, too. */
export const CHECK_MS = 1_000;

/**
 * A connection that is silent for this many checks in a row is given up. Checks are counted instead of time, so that a
 * tab that the browser froze still has its socket afterwards. A server speaks at least twice a second.
 */
export const SILENT_CHECKS = 8;

/** How long a tapped key counts as held, milliseconds: longer than a tick of any game that is played by keys. */
export const TAP_MS = 50;

/** How often the overlay's figures are updated, milliseconds. */
export const OVERLAY_EVERY_MS = 250;

/** How long the overlay shows what was rewound, milliseconds. */
export const REWIND_MS = 2_000;

/** How long a socket that has failed may take to say that it is closed, milliseconds. */
export const CLOSE_WAIT_MS = 200;

/** How many animation frames telemetry keeps by default: 30 s at 60 a second. */
export const TELEMETRY_FRAMES = 1_800;
