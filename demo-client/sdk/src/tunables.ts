/**
 * Every number of the SDK that somebody may want to turn, with its unit. The netcode's own numbers (interpolation
 * delay, clock, prediction) are in the Rust client core.
 */

/** The first wait before trying again is at most this long, milliseconds; each further one may be twice as long. */
export const BACKOFF_FIRST_MS = 250;

/** No wait is longer than this, milliseconds. */
export const BACKOFF_CAP_MS = 8_000;

/** A connection must have lasted this long, milliseconds, for the next loss to start from the shortest wait. */
export const STABLE_MS = 5_000;

/** How often a connection is checked for life, milliseconds. Also how often a hidden tab speaks at all. */
export const CHECK_MS = 1_000;

/**
 * A connection that is silent for this many checks in a row is given up. Checks are counted instead of time, so that
 * a tab that the browser froze finds its socket alive when it thaws. A server speaks at least twice a second.
 */
export const SILENT_CHECKS = 8;

/** Animation frames that telemetry keeps unless told otherwise: 30 s at 60 a second. */
export const TELEMETRY_FRAMES = 1_800;
