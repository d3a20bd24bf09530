// What a player sees and presses: the view becomes HTML, and a click becomes a command.

import { connect, overlay } from "tickwire";
import { type CardsView, cards, type HandRow, type Move } from "../generated";
import { codeOf, paint, wordsOf } from "./card";

const find = (id: string) => document.getElementById(id) as HTMLElement;
const [others, deck, pile] = [find("others"), find("deck"), find("pile")];
const [status, told, hand] = [find("status"), find("told"), find("hand")];

// The room's name is in the address: who opens it plays in the same room.
const room = connect(cards, { linked: true });
overlay(room);

const nameOf = (player: number) => room.players.get(player)?.name ?? "";
const does = (player: number, verb: string) =>
  player === room.me.player ? `You ${verb}` : `${nameOf(player)} ${verb}s`;

room.on("event", (news) => {
  answered();
  if (news === "Refused")
    told.textContent = "Not now: wait for your turn, and play a card that fits";
  else if ("Drew" in news) told.textContent = does(news.Drew, "draw");
  else told.textContent = `${does(news.Played[0], "play")} the ${wordsOf(news.Played[1])}`;
});

/** The server answers once a second: until then, what was pressed says that it was. */
function send(button: HTMLElement, move: Move): void {
  if (document.querySelector(".sent")) return;
  button.classList.add("sent");
  room.send(move);
}

function answered(): void {
  document.querySelector(".sent")?.classList.remove("sent");
}

deck.onclick = () => send(deck, "Draw");
const buttons = Array.from({ length: 32 }, (_, card) => {
  const button = document.createElement("button");
  button.className = "card";
  button.dataset.card = codeOf(card);
  button.onclick = () => send(button, { Play: card });
  paint(button, card);
  return button;
});

room.on("state", (state) => {
  answered();
  if (state.kind !== "playing") status.textContent = state.words;
  shown = "";
});

// A frame has the whole state, and mostly it is the one that is shown.
let shown = "";
room.frame((view) => {
  const state = JSON.stringify([[...view.Table], [...view.Hand], [...room.players]]);
  if (state === shown || room.state.kind !== "playing") return;
  shown = state;
  show(view);
});

function show(view: CardsView): void {
  const [table] = view.Table;
  const hands = [...view.Hand];
  const mine = hands.find(({ player }) => player === room.me.player);
  if (!table || !mine) return;

  document.body.dataset.turn = nameOf(table.turn);
  document.body.classList.toggle("mine", table.turn === room.me.player);
  document.body.classList.toggle("alone", hands.length < 2);
  paint(pile, table.top);
  pile.dataset.top = codeOf(table.top);
  deck.setAttribute("aria-label", `Draw a card: ${table.deck} are left`);

  if (hands.length < 2)
    status.replaceChildren("Waiting for a second player; send them this link:", link());
  else if (table.winner) status.textContent = `${does(table.winner, "win")}! New cards in a moment`;
  else if (table.turn !== room.me.player) status.textContent = `${nameOf(table.turn)}'s turn`;
  else if (mine.playable) status.textContent = "Your turn: play a raised card, or draw";
  else status.textContent = "Your turn: nothing fits, so draw";

  // In the order of turns after the own one.
  const at = hands.indexOf(mine);
  others.replaceChildren(
    ...[...hands.slice(at + 1), ...hands.slice(0, at)].map((row) => seat(row, table.turn)),
  );
  showHand(mine);
}

/** Adds and removes single buttons, so that the one with the focus keeps it. */
function showHand({ cards, playable, held }: HandRow): void {
  hand.style.setProperty("--held", `${held}`);
  let place = hand.firstElementChild;
  for (const [card, button] of buttons.entries()) {
    button.classList.toggle("fits", ((playable >>> card) & 1) === 1);
    if (((cards >>> card) & 1) === 0) {
      if (place === button) place = button.nextElementSibling;
      button.remove();
    } else if (place === button) place = button.nextElementSibling;
    else hand.insertBefore(button, place);
  }
}

function seat({ player, held }: HandRow, turn: number): HTMLElement {
  const { name = "", away = false } = room.players.get(player) ?? {};
  const element = document.createElement("li");
  Object.assign(element.dataset, { player: name, count: held });
  element.ariaLabel = `${name}${away ? " (away)" : ""}: ${held} ${held === 1 ? "card" : "cards"}`;
  element.classList.toggle("turn", player === turn);
  element.classList.toggle("away", away);
  const fan = document.createElement("div");
  fan.className = "fan";
  const spread = Math.min(1, 5 / held);
  for (let at = 0; at < held; at++) {
    const back = document.createElement("i");
    back.className = "card back";
    back.style.setProperty("--turned", `${(at - (held - 1) / 2) * spread}`);
    fan.append(back);
  }
  const [label, cut] = [document.createElement("span"), document.createElement("b")];
  cut.textContent = name;
  label.append(cut, `${held}`);
  element.append(fan, label);
  return element;
}

function link(): HTMLElement {
  const address = new URL(location.href);
  // Each guest has a name of their own.
  address.searchParams.delete("name");
  const element = document.createElement("a");
  element.href = element.textContent = address.href;
  return element;
}
