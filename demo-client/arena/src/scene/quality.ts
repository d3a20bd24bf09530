/**
 * How finely to draw: as finely as the screen can show if that is fast enough, more coarsely if that makes it faster.
 *
 * In: the time of each animation frame. Out: a resolution.
 */

/** The most drawn pixels per CSS pixel: nobody sees finer detail in motion. */
const FINEST = 2;
/** The fewest: names must stay readable. */
const COARSEST = 0.75;
/** Each step down draws this part of the pixels along each side. */
const STEP = 0.75;
/** A longer average than this is too slow, seconds per frame: 40 frames a second. */
const SLOW_S = 0.025;
/** A step must shorten frames to this part at most; otherwise it is taken back. */
const WORTH = 0.92;
/** Number of frames that are averaged, and of frames that are ignored after a start or a step. */
const FRAMES = 45;
/** A gap this long is a hidden tab or a pause, seconds. */
const GAP_S = 0.25;

const PROCESSOR = /swiftshader|llvmpipe|software|basic render/i;

export class Quality {
  /** Smooth edges of walls. This costs too much where the browser draws with the processor. */
  readonly antialias = !PROCESSOR.test(rendererName());
  /** Drawn pixels per CSS pixel. */
  resolution = Math.min(FINEST, Math.max(1, globalThis.devicePixelRatio || 1));
  #frames = -FRAMES;
  #lastMs = 0;
  #spentS = 0;
  /** The duration of a frame before the last step down, and the resolution at that time. */
  #before: { frameS: number; resolution: number } | undefined;
  #settled = false;

  /** Counts an animation frame. Returns true when `resolution` has changed. */
  frame(nowMs: number): boolean {
    const passedS = (nowMs - this.#lastMs) / 1000;
    this.#lastMs = nowMs;
    if (this.#settled || passedS > GAP_S) return false;
    this.#frames += 1;
    if (this.#frames > 0) this.#spentS += passedS;
    if (this.#frames < FRAMES) return false;
    const frameS = this.#spentS / FRAMES;
    this.#frames = -FRAMES;
    this.#spentS = 0;
    return this.#judge(frameS);
  }

  #judge(frameS: number): boolean {
    const before = this.#before;
    if (before && frameS > before.frameS * WORTH) {
      // Fewer pixels did not help: the screen is slow, or the machine is busy.
      this.#settled = true;
      this.resolution = before.resolution;
      return true;
    }
    if (frameS <= SLOW_S || this.resolution <= COARSEST) {
      this.#before = undefined;
      return false;
    }
    this.#before = { frameS, resolution: this.resolution };
    this.resolution = Math.max(COARSEST, this.resolution * STEP);
    return true;
  }
}

/** The renderer that the browser names; empty if it names none. */
function rendererName(): string {
  const gl = document.createElement("canvas").getContext("webgl2");
  const info = gl?.getExtension("WEBGL_debug_renderer_info");
  const name: unknown = info && gl?.getParameter(info.UNMASKED_RENDERER_WEBGL);
  gl?.getExtension("WEBGL_lose_context")?.loseContext();
  return typeof name === "string" ? name : "";
}
