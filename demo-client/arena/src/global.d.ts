/**
 * What the page leaves on `window`, for curious people and for tests.
 */

interface Window {
  readonly tickwire: {
    /** The room that the page is in, or tries to be in: see the SDK's README. */
    readonly room: import("tickwire").Room<import("./arena-game").Arena> | undefined;
    /** The last view that was drawn. */
    readonly view: import("./arena-game").ArenaView | undefined;
    /** Number of rail beams in the picture. */
    readonly beams: number;
    /** True when the movement step gives the server's bits over this many random steps. */
    readonly stepsAgree: (steps: number) => Promise<boolean>;
  };
}
