/**
 * What a person reads when a connection ends, and what they can do next. The codes are those of `docs/protocol.md`; the
 * server's own words are shown with them.
 */

/** What a button does. */
export type WayOn = "again" | "elsewhere" | "reload" | "rename";

/** The words on a button. */
export const WAYS: Readonly<Record<WayOn, string>> = {
  again: "Try again",
  elsewhere: "Play in another room",
  reload: "Reload the page",
  rename: "Change name or room",
};

export interface Notice {
  title: string;
  ways: readonly WayOn[];
}

const NOTICES: Readonly<Record<number, Notice>> = {
  1000: { title: "You left the room", ways: ["again", "rename"] },
  4000: { title: "This page is out of date", ways: ["reload"] },
  4001: { title: "This page is out of date", ways: ["reload"] },
  4004: { title: "This server has no arena", ways: ["again"] },
  4005: { title: "There is no such room", ways: ["elsewhere", "rename"] },
  4006: { title: "The room is full", ways: ["elsewhere", "again"] },
  4008: { title: "That name cannot be used", ways: ["rename"] },
  4009: { title: "That room's name cannot be used", ways: ["rename", "elsewhere"] },
  4010: { title: "The server is full", ways: ["again"] },
  4012: { title: "The room did not let you in", ways: ["elsewhere", "again"] },
  4028: { title: "You are playing in another window", ways: ["again"] },
  4030: { title: "You were removed from the room", ways: ["elsewhere"] },
};

/** The title and the buttons for a close code. */
export function notice(code: number): Notice {
  return NOTICES[code] ?? { title: "The connection was closed", ways: ["again", "elsewhere"] };
}

/** Makes a sentence: the first letter becomes upper case, and a full stop ends it. */
export function sentence(words: string): string {
  const text = words.trim();
  if (text === "") return "";
  const end = /[.!?…]$/.test(text) ? "" : ".";
  return text.charAt(0).toUpperCase() + text.slice(1) + end;
}
