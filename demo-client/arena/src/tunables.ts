/**
 * Every number of the page that is a matter of taste, with its unit. Rules (speeds, health, walls) are not here: they
 * come from the game's WASM module or from the room. Colours are in `palette.ts` and `styles/`.
 */

/** The most that one animation frame may advance animations, seconds: nothing leaps after a hidden tab. */
export const FRAME_MAX_S = 0.1;
/** How often words and numbers of the HUD are updated, milliseconds. */
export const HUD_EVERY_MS = 120;
/** How often the scoreboard is sorted again, milliseconds. */
export const SCORES_EVERY_MS = 400;
/** A key counts as held for at least this long, milliseconds, so that a tap between two ticks is not missed. */
export const TAP_MS = 50;

/** Area that the window shows, square metres; more pixels make it sharper, not larger. */
export const VIEW_AREA_M2 = 26 * 14.6;
/** How far the camera may look past the arena's outer wall, metres. */
export const VIEW_MARGIN_M = 2.5;
/** How far the camera looks ahead, as a part of the way from the window's centre to the mouse. */
export const LOOK_AHEAD = 0.22;
/** The look-ahead closes this part of its gap per second (exponentially). */
export const LOOK_AHEAD_PER_S = 5;
/** The camera closes this part of its gap to the own fighter per second (exponentially). */
export const FOLLOW_PER_S = 14;
/** How far the tops of walls lean away from the window's centre: their height as a part of the camera's. */
export const WALL_LEAN = 0.055;

/** Fewest and most pixels per metre for floor and wall tops, which are painted once. The window decides in between. */
export const GROUND_MIN_PX_PER_M = 48;
export const GROUND_MAX_PX_PER_M = 80;
/** Pixels per metre of fighters, flashes and other small pictures. */
export const SPRITE_PX_PER_M = 96;

/** Strongest shake, metres and radians. */
export const SHAKE_M = 0.28;
export const SHAKE_RAD = 0.012;
/** Duration of a shake of full strength, seconds. */
export const SHAKE_S = 0.55;

/** A fighter that moves faster than this is dashing, metres per second. It lies between a run and a dash. */
export const DASH_SEEN_M_S = 10;

/** Particles of each kind (lit and unlit) that may live together; beyond this the oldest is reused. */
export const PARTICLES = 320;
/** Marks that stay on the floor; beyond this the oldest is replaced. */
export const DECALS = 48;
/** Beams of rails that may be seen together, and how long each fades, seconds. */
export const BEAMS = 16;
export const BEAM_S = 0.25;
/** Damage numbers that may float together. */
export const NUMBERS = 24;

/** Lines kept in the kill feed, and how long each stays, milliseconds. */
export const FEED_LINES = 5;
export const FEED_MS = 6_000;
/** Lines of chat kept, and how long each stays visible while nobody types, milliseconds. */
export const CHAT_LINES = 60;
export const CHAT_MS = 12_000;
/** Rows of the small scoreboard: wide window, narrow window. */
export const RANKS_WIDE = 5;
export const RANKS_NARROW = 3;
