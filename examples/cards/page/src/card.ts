// What a card is called, and how an element becomes one.

const SUITS = ["clubs", "diamonds", "spades", "hearts"];
const RANKS = ["seven", "eight", "nine", "ten", "jack", "queen", "king", "ace"];
const SHORT = ["7", "8", "9", "10", "J", "Q", "K", "A"];

/** How the rules number cards: eight ranks of each suit. */
const suitOf = (card: number) => card >> 3;
const rankOf = (card: number) => card & 7;

export const wordsOf = (card: number) => `${RANKS[rankOf(card)]} of ${SUITS[suitOf(card)]}`;

/** `7H`, `10S` */
export const codeOf = (card: number) => `${SHORT[rankOf(card)]}${"CDSH"[suitOf(card)]}`;

export function paint(element: HTMLElement, card: number): void {
  element.classList.toggle("red", suitOf(card) % 2 === 1);
  element.setAttribute("aria-label", wordsOf(card));
  // The last character asks for text: some phones draw the suits as emoji. Styles draw the large one.
  const suit = `${"♣♦♠♥"[suitOf(card)]}\ufe0e`;
  element.textContent = `${SHORT[rankOf(card)]}\n${suit}`;
  element.dataset.suit = suit;
}
