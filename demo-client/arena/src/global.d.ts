/**
 * What the page leaves on `window`, for the curious and for tests.
 */

interface Window {
  readonly tickwire: {
    /** The room that the page is in, or tries to be in: see the SDK's README. */
    readonly room: import("tickwire").Room<import("./arena-game").Arena> | undefined;
    /** The view that was drawn last. */
    readonly view: import("./arena-game").ArenaView | undefined;
    /** Beams of rails in the picture. */
    readonly beams: number;
    /** True when the movement step gives the server's bits over this many random steps. */
    readonly stepsAgree: (steps: number) => Promise<boolean>;
  };
}
