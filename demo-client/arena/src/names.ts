/**
 * A name for people who give none.
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
