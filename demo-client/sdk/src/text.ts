/**
 * Text that people type, cut to what a server takes. A server closes the connection of a client that sends more.
 */

const encoder = new TextEncoder();

/**
 * The longest beginning of `text`, without white space around it, within `bytes` of UTF-8 and so many characters as people
 * count them. No character is cut in two.
 */
export function cut(text: string, bytes: number, characters = Number.POSITIVE_INFINITY): string {
  let left = bytes;
  let count = 0;
  let kept = "";
  for (const { segment } of new Intl.Segmenter().segment(text.trim())) {
    left -= encoder.encode(segment).length;
    count += 1;
    if (left < 0 || count > characters) break;
    kept += segment;
  }
  return kept;
}
