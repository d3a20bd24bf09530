/**
 * Colours of players and of the maps. Players' colours differ in lightness as well as in hue, so that people with any
 * kind of colour vision can tell them apart (after Okabe and Ito 2008, brightened for a dark floor).
 */

/** Eight colours; the second eight players have them with a stripe. */
const PLAYER_COLOURS = [
  0x58b9f7, 0xffa52e, 0x1fcf98, 0xf8e558, 0xf386c6, 0xf25b3d, 0x9a92ff, 0xf4efe2,
] as const;

/** A player's colour: the same on every screen, for as long as the player keeps its seat. */
export function playerColour(player: number): number {
  return PLAYER_COLOURS[player % PLAYER_COLOURS.length] ?? PLAYER_COLOURS[0];
}

/** True for players who have a stripe with their colour. */
export function playerStriped(player: number): boolean {
  return Math.floor(player / PLAYER_COLOURS.length) % 2 === 1;
}

/** The colour in CSS notation. */
export function css(colour: number, alpha = 1): string {
  return `rgba(${(colour >> 16) & 255}, ${(colour >> 8) & 255}, ${colour & 255}, ${alpha})`;
}

/** The colour that is `part` of the way from one to another. */
export function mix(from: number, to: number, part: number): number {
  const channel = (shift: number) => {
    const a = (from >> shift) & 255;
    const b = (to >> shift) & 255;
    return Math.round(a + (b - a) * part) << shift;
  };
  return channel(16) | channel(8) | channel(0);
}

/** How a map is painted. The sun stands in the north-west everywhere. */
export interface Theme {
  /** The colour around the arena. */
  void: number;
  floor: number;
  /** The colour towards which slabs vary. */
  floorWorn: number;
  joint: number;
  /** Lines and letters on the floor. */
  paint: number;
  hazard: number;
  shade: number;
  sun: number;
  wallTop: number;
  wallTopWorn: number;
  wallLit: number;
  wallDark: number;
  /** Wall tops are plants, not concrete. */
  hedge: boolean;
  /** The big letters across the floor. */
  stencil: string;
}

const FOUNDRY: Theme = {
  void: 0x15101a,
  floor: 0x665960,
  floorWorn: 0x7d6962,
  joint: 0x453a43,
  paint: 0xf0dfc0,
  hazard: 0xf2a73b,
  shade: 0x1b1026,
  sun: 0xffb066,
  wallTop: 0xe6d5b8,
  wallTopWorn: 0xc9ad88,
  wallLit: 0xc5784a,
  wallDark: 0x5a3137,
  hedge: false,
  stencil: "FOUNDRY",
};

const COURTYARD: Theme = {
  void: 0x0f1718,
  floor: 0x757061,
  floorWorn: 0x8b8069,
  joint: 0x47483f,
  paint: 0xf4ead0,
  hazard: 0xd9c27a,
  shade: 0x0f1a26,
  sun: 0xffd28a,
  wallTop: 0x6f9a5a,
  wallTopWorn: 0x4f7d4c,
  wallLit: 0x5b8248,
  wallDark: 0x27432f,
  hedge: true,
  stencil: "COURT",
};

/** A map's theme; unknown maps look like the first. */
export function theme(map: string): Theme {
  return map === "courtyard" ? COURTYARD : FOUNDRY;
}
