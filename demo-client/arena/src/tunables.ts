/**
 * Every number of the page that is a matter of taste, with its unit. Rules (speeds, health, walls) are not here: they
 * come from the game's WASM module or from the room. Colours are in `palette.ts` and `styles/`.
 */

/** Longest time that one animation frame may advance animations by, seconds: after a hidden tab nothing leaps. */
export const FRAME_MAX_S = 0.1;
/** How often words and numbers of the HUD are brought up to date, milliseconds. */
export const HUD_EVERY_MS = 120;
/** How often the scoreboard is sorted anew, milliseconds. */
export const SCORES_EVERY_MS = 400;
/** A key counts as held for at least this long, milliseconds, so that a tap between two ticks is not missed. */
export const TAP_MS = 50;

/** Ground that the window shows, square metres; more pixels make it sharper, not larger. */
export const VIEW_AREA_M2 = 26 * 14.6;
/** How far the camera may look past the arena's outer wall, metres. */
export const VIEW_MARGIN_M = 2.5;
/** Part of the way from the window's middle to the mouse that the camera looks ahead. */
export const LOOK_AHEAD = 0.22;
/** The look-ahead closes this part of its gap per second (exponentially). */
export const LOOK_AHEAD_PER_S = 5;
/** The camera closes this part of its gap to the own fighter per second (exponentially). */
export const FOLLOW_PER_S = 14;
/** How far tops of walls lean away from the window's middle: their height as part of the camera's. */
export const WALL_LEAN = 0.055;

/** Fewest and most pixels per metre of what is painted once: floor and wall tops. As the window needs in between. */
export const GROUND_MIN_PX_PER_M = 48;
export const GROUND_MAX_PX_PER_M = 80;
/** Pixels per metre of fighters, flashes and other small pictures. */
export const SPRITE_PX_PER_M = 96;

/** Strongest shake, metres and radians. */
export const SHAKE_M = 0.28;
export const SHAKE_RAD = 0.012;
/** A shake of full strength is over after this long, seconds. */
export const SHAKE_S = 0.55;

/** A fighter that moves faster than this dashes, metres per second: between a run and a dash. */
export const DASH_SEEN_M_S = 10;

/** Particles of each kind (lit and unlit) that may live at once; beyond it the oldest is taken. */
export const PARTICLES = 320;
/** Marks that stay on the floor; beyond it the oldest is painted over. */
export const DECALS = 48;
/** Beams of rails that may be seen at once, and how long each fades, seconds. */
export const BEAMS = 16;
export const BEAM_S = 0.25;
/** How long the overlay shows what the server made of a rail's shot, milliseconds. */
export const REWIND_MS = 2_000;
/** Damage numbers that may float at once. */
export const NUMBERS = 24;

/** Lines kept in the kill feed, and how long each stays, milliseconds. */
export const FEED_LINES = 5;
export const FEED_MS = 6_000;
/** Lines of chat kept, and how long each stays in sight while nobody types, milliseconds. */
export const CHAT_LINES = 60;
export const CHAT_MS = 12_000;
/** Rows of the small scoreboard: wide window, narrow window. */
export const RANKS_WIDE = 5;
export const RANKS_NARROW = 3;

/** Longest name, characters (`NAME_CHARS` and `NAME_BYTES` of shared/src/limits.rs). */
export const NAME_CHARS = 20;
export const NAME_BYTES = 64;
/** Longest line of chat, bytes (`CHAT_BYTES` of shared/src/limits.rs). */
export const CHAT_BYTES = 256;
