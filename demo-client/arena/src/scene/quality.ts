/**
 * How finely to draw: where the browser has no graphics card and draws with the processor, smooth edges and sharp
 * screens cost more than they show.
 */

const PROCESSOR = /swiftshader|llvmpipe|software|basic render/i;

export interface Quality {
  /** Smooth edges of walls. */
  antialias: boolean;
  /** Drawn pixels per CSS pixel. */
  resolution: number;
}

export function quality(): Quality {
  if (PROCESSOR.test(rendererName())) return { antialias: false, resolution: 1 };
  return { antialias: true, resolution: Math.min(2, globalThis.devicePixelRatio || 1) };
}

/** What the browser says it draws with; empty when it does not say. */
function rendererName(): string {
  const gl = document.createElement("canvas").getContext("webgl2");
  const info = gl?.getExtension("WEBGL_debug_renderer_info");
  const name: unknown = info && gl?.getParameter(info.UNMASKED_RENDERER_WEBGL);
  gl?.getExtension("WEBGL_lose_context")?.loseContext();
  return typeof name === "string" ? name : "";
}
