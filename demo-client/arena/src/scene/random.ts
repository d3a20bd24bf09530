/**
 * Seeded randomness for painting: the same map has the same stains on every screen and after every reload. The
 * generator is mulberry32 (Tommy Ettinger, public domain).
 */

/** A generator of numbers in 0..1, with the same sequence for the same words. */
export function seeded(words: string): () => number {
  let state = 2166136261;
  for (let i = 0; i < words.length; i++) {
    state = Math.imul(state ^ words.charCodeAt(i), 16777619);
  }
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
