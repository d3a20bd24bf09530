/**
 * Who is in a room, as the screens show it: impatient reloads leave no ghost, and a hidden tab misses nobody and no
 * line of chat. The link is slow enough for messages to be under way when a page goes away.
 */

import type { Browser } from "playwright-core";
import type { Room } from "tickwire";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Arena } from "../wasm/pkg/types";
import { fill } from "./clients";
import { Server } from "./server";
import { launch, Tab } from "./tab";

const LINK = "200ms";
/** The server keeps a lost player's seat for 20 s. A ghost that is gone only after that was there. */
const SOON = { timeout: 15_000 };
/** The most tries to reload between a hello and its answer, because other programs' load may spoil one. */
const TRIES = 5;
/** With this many people there are no bots, which come and go with people. */
const PEOPLE = 4;
/** Guests who come while the tab is hidden, and again while it comes back. */
const GUESTS = 4;
/** Seats for people in a room of the arena. */
const SEATS = 16;
const SMALL = { width: 480, height: 320 };

/** A row of the full table of scores. */
type Row = [player: number, name: string, kind: string];
/** What is left in a tab by {@link takeNotes}. */
interface Notes {
  notes: { people: string[]; lines: string[] };
}

let server: Server;
let browser: Browser;
let rooms = 0;
const tabs: Tab[] = [];
const fillers: Room<Arena>[] = [];

async function open(room: string, name: string): Promise<Tab> {
  const tab = await Tab.open(browser, server.url, room, SMALL);
  tabs.push(tab);
  return tab.play(name);
}

async function join(room: string, count: number): Promise<Room<Arena>[]> {
  const joined = await fill(server.url, room, count);
  fillers.push(...joined);
  return joined;
}

/** From now on, the tab notes each person that its roster ever has, and each line of chat. */
async function takeNotes(tab: Tab): Promise<void> {
  await tab.page.evaluate(() => {
    const { room } = window.tickwire;
    if (!room) throw new Error("the tab is in no room");
    const notes: Notes["notes"] = { people: [], lines: [] };
    const look = () => {
      for (const { player, name, bot } of room.players.values()) {
        const person = `${player} ${name}`;
        if (!bot && !notes.people.includes(person)) notes.people.push(person);
      }
    };
    look();
    room.on("roster", look);
    room.on("chat", ({ player, text }) => notes.lines.push(`${player}: ${text}`));
    Object.assign(window, { notes });
  });
}

function notes(tab: Tab): Promise<Notes["notes"]> {
  return tab.page.evaluate(() => (window as unknown as Notes).notes);
}

/** The room's people as the SDK knows them. */
function roster(tab: Tab): Promise<Row[]> {
  return tab.page.evaluate(() =>
    [...(window.tickwire.room?.players.values() ?? [])]
      .map(
        ({ player, name, bot, away }): Row => [
          player,
          name,
          bot ? "bot" : away ? "away" : "person",
        ],
      )
      .sort(([a], [b]) => a - b),
  );
}

/** All rows of the table of scores, sorted by player. Tab has to be down. */
function scores(tab: Tab): Promise<Row[]> {
  return tab.page.evaluate(() =>
    [...document.querySelectorAll("#score-rows tr")]
      .map(
        (row): Row => [
          Number(row.getAttribute("data-player")),
          row.querySelector(".name")?.textContent ?? "",
          row.getAttribute("data-kind") ?? "",
        ],
      )
      .sort(([a], [b]) => a - b),
  );
}

/** Waits until a tab's roster and its table of scores both have these rows and no other. */
async function shows(tab: Tab, rows: Row[]): Promise<void> {
  await expect.poll(() => roster(tab), SOON).toEqual(rows);
  await tab.page.keyboard.down("Tab");
  await expect.poll(() => scores(tab), SOON).toEqual(rows);
  await tab.page.keyboard.up("Tab");
}

/** Reloads while the reloaded page still loads the game. */
async function reloadWhileLoading(tab: Tab): Promise<void> {
  await tab.page.reload({ waitUntil: "domcontentloaded" });
  await tab.page.reload();
}

/** Reloads as soon as the reloaded page has said hello. The answer finds nobody. */
async function reloadAfterHello(tab: Tab): Promise<void> {
  for (let tries = 0; tries < TRIES; tries++) {
    const opened = tab.page.waitForEvent("websocket");
    await tab.page.reload({ waitUntil: "commit" });
    const socket = await opened;
    let heard = 0;
    socket.on("framereceived", () => {
      heard += 1;
    });
    await socket.waitForEvent("framesent");
    await tab.page.reload();
    if (heard === 0) return;
    await tab.playing();
  }
  throw new Error("the welcome came before every reload");
}

/** Moments of the second reload. */
const RELOADS = [
  ["while it loads", reloadWhileLoading],
  ["between its hello and the welcome", reloadAfterHello],
] as const;

beforeAll(async () => {
  server = await Server.start(0, "--dev", "--link", LINK);
  browser = await launch();
});

afterEach(async () => {
  const errors = tabs.flatMap((tab) => tab.errors);
  await Promise.all(tabs.splice(0).map((tab) => tab.close()));
  for (const filler of fillers.splice(0)) filler.leave();
  expect(errors).toEqual([]);
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

test.each(RELOADS)("a page that is reloaded again %s is there once", async (_, reloadTwice) => {
  const room = `open-${rooms++}`;
  await join(room, PEOPLE - 2);
  const ben = await open(room, "Ben");
  const ana = await open(room, "Ana");
  await comesBack(ana, ben, await gathered(ben, PEOPLE), reloadTwice);
});

test.each(RELOADS)(
  "a page that is reloaded again %s finds its seat in a full room",
  async (_, reloadTwice) => {
    const room = `full-${rooms++}`;
    const ben = await open(room, "Ben");
    await join(room, SEATS - 2);
    // In the same browser profile, because the server takes only so many connections of one address.
    const ana = await Tab.beside(ben, async (page) => {
      await page.goto(ben.page.url());
      await page.waitForSelector("#start:not([hidden])");
    });
    tabs.push(ana);
    await ana.play("Ana");
    await comesBack(ana, ben, await gathered(ben, SEATS), reloadTwice);
  },
);

/** Waits until a tab's roster has `count` people and nobody else. */
async function gathered(tab: Tab, count: number): Promise<Row[]> {
  const people = async () => (await roster(tab)).filter(([, , kind]) => kind === "person").length;
  await expect.poll(people, SOON).toBe(count);
  await expect.poll(() => roster(tab), SOON).toHaveLength(count);
  return roster(tab);
}

/** Reloads Ana's tab twice. In the end she has her seat and her name, and Ben has never seen a ghost of her. */
async function comesBack(
  ana: Tab,
  ben: Tab,
  all: Row[],
  reloadTwice: (tab: Tab) => Promise<void>,
): Promise<void> {
  const player = await ana.player();
  expect(all).toContainEqual([player, "Ana", "person"]);
  await takeNotes(ben);
  await reloadTwice(ana);
  // A page that is not let in shows a card.
  await ana.page.waitForSelector('body[data-state="playing"], section.card:not([hidden])');
  expect(await ana.page.getAttribute("body", "data-state")).toBe("playing");
  await ana.playing();
  expect(await ana.player()).toBe(player);
  await ana.page.locator(`#ranks li.own[data-player="${player}"]`, { hasText: "Ana" }).waitFor();
  for (const tab of [ana, ben]) await shows(tab, all);
  const people = all.map(([player, name]) => `${player} ${name}`);
  expect((await notes(ben)).people).toEqual(people);
}

test("a tab that was hidden knows who came and went, and heard each line once and in order", async () => {
  const room = "busy";
  const company = await join(room, PEOPLE - 2);
  const watcher = await open(room, "Watcher");
  const hidden = await open(room, "Hidden");
  await gathered(watcher, PEOPLE);
  await gathered(hidden, PEOPLE);
  await takeNotes(watcher);
  await takeNotes(hidden);
  const said: string[] = [];
  const say = (guest: Room<Arena>, words: string) => {
    said.push(`${guest.me.player}: ${words}`);
    guest.chat(words);
  };
  const stayed: Room<Arena>[] = [];
  /** A guest comes and talks. Every second one leaves with the last word still on its way. */
  const visit = async (n: number) => {
    const [guest] = await join(room, 1);
    if (!guest) throw new Error("nobody came");
    say(guest, "hello");
    say(guest, "well");
    if (n % 2 === 0) guest.leave();
    else stayed.push(guest);
  };
  const visits = () => Promise.all(Array.from({ length: GUESTS }, (_, n) => visit(n)));
  const asleep = () =>
    hidden.page.waitForFunction(
      () => (window.tickwire.room?.stats?.stride ?? 1) > 1,
      undefined,
      // There are no animation frames to wait for.
      { polling: 100 },
    );

  await hidden.hide();
  await asleep();
  await visits();
  // Somebody who was there before leaves, and a line of the visible tab comes in between.
  company.shift()?.leave();
  await watcher.say("anybody there?");
  await watcher.hears("anybody there?");
  said.push(`${await watcher.player()}: anybody there?`);
  // It comes back, goes and comes back in the middle of it.
  const crowd = visits();
  await hidden.show();
  await hidden.hide();
  await asleep();
  await crowd;
  const more = visits();
  await hidden.show();
  await more;
  stayed.shift()?.leave();

  // All have left that were to leave, so that nothing is to come after the last line.
  const left = [...company, ...stayed].map((guest) => guest.me.player);
  const expected = [...left, await watcher.player(), await hidden.player()];
  const ids = async () => (await roster(watcher)).map(([player]) => player);
  await expect.poll(ids, SOON).toEqual(expected.sort((a, b) => Number(a) - Number(b)));
  await hidden.say("good to be back");
  said.push(`${await hidden.player()}: good to be back`);
  for (const tab of [watcher, hidden]) await tab.hears("good to be back");

  const [seen, slept] = [await notes(watcher), await notes(hidden)];
  expect(bySpeaker(seen.lines)).toEqual(bySpeaker(said));
  expect(slept.lines).toEqual(seen.lines);
  expect(slept.people.sort()).toEqual(seen.people.sort());
  expect(await log(hidden)).toEqual(await log(watcher));
  const all = await roster(watcher);
  for (const tab of [watcher, hidden]) await shows(tab, all);
});

/** The lines of each speaker after those of another, in the order in which they were said. */
function bySpeaker(lines: string[]): string[] {
  return [...lines].sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
}

/** The lines in the chat's log, with the speakers' names. */
function log(tab: Tab): Promise<string[]> {
  return tab.page.locator("#chat-log li").allTextContents();
}
