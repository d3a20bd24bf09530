/**
 * Text that people type, cut to what the server takes, and a name for people who give none.
 */

const FIRST = [
  "Rusty",
  "Copper",
  "Molten",
  "Iron",
  "Brass",
  "Silver",
  "Ember",
  "Cobalt",
  "Steam",
  "Slag",
];
const SECOND = [
  "Fox",
  "Otter",
  "Heron",
  "Badger",
  "Lynx",
  "Crane",
  "Wolf",
  "Magpie",
  "Hare",
  "Stoat",
];

/** A name to play under, different for most people. */
export function callSign(random: () => number = Math.random): string {
  const pick = (words: readonly string[]) => words[Math.floor(random() * words.length)] ?? "";
  return `${pick(FIRST)} ${pick(SECOND)}`;
}

/** The longest beginning of `text` within `bytes` of UTF-8 and `chars` characters; no character is cut in two. */
export function cut(text: string, bytes: number, chars = Number.POSITIVE_INFINITY): string {
  const encoder = new TextEncoder();
  let left = bytes;
  let count = 0;
  let kept = "";
  for (const char of text.trim()) {
    left -= encoder.encode(char).length;
    count += 1;
    if (left < 0 || count > chars) break;
    kept += char;
  }
  return kept;
}
