// The cases to come. At least AHEAD of them are on the page, so that reading goes on for a while without a network.

import { request } from "./sender.js";

const AHEAD = 25;
const FEW = 15; // below this more are asked for; each stored decision brings one by itself
const MOST = 20; // the server gives so many at once

export class Queue {
  #cards = [];
  #place = "";
  #done = new Set(); // decided here or in another tab, and not taken back
  #all = new Map(); // every card that was on this page, to go back to without the network
  #asking = null;
  #isEnd = false;
  #urls;
  #outbox;
  #over;
  handedIn = false;
  withheld = new Set(); // cases that the server would hand out, had it not refused what was decided here
  left = 0; // how many of these there are

  /** `over()` is called when the server says that coding is closed. */
  constructor({ urls, outbox, over = () => {} }) {
    this.#urls = urls;
    this.#outbox = outbox;
    this.#over = over;
  }

  get head() {
    return this.#cards[0] ?? null;
  }

  /** The place of the last card that came: what the server is asked to go on from. */
  get place() {
    return this.#place;
  }

  card(id) {
    return this.#all.get(id) ?? null;
  }

  remember(card) {
    this.#all.set(card.case, card);
  }

  add(cards) {
    const before = this.#cards.length;
    for (const card of cards) {
      this.#all.set(card.case, { ...this.#all.get(card.case), ...card });
      if (this.#done.has(card.case) || this.#cards.some((one) => one.case === card.case)) continue;
      if (this.#outbox.all().some((entry) => entry.case === card.case)) continue;
      this.#cards.push(card);
      this.#place = card.place;
    }
    return this.#cards.length - before;
  }

  /** This case is decided: it no longer comes. True if it was about to. */
  drop(id) {
    this.#done.add(id);
    const at = this.#cards.findIndex((card) => card.case === id);
    if (at >= 0) this.#cards.splice(at, 1);
    return at >= 0;
  }

  /** Taken back: the server hands it out again when nothing else is left. */
  forget(id) {
    this.#done.delete(id);
    this.#isEnd = false;
  }

  /** Coding is closed: nothing more comes, nor what was here already. */
  clear() {
    this.#cards = [];
  }

  /** More may have come. */
  reopen() {
    this.#isEnd = false;
  }

  /** Ask for more where few are left. "more", "end" or "away" (the server cannot be reached). */
  async refill({ full = false } = {}) {
    if (this.#cards.length >= (full ? AHEAD : FEW) || (this.#isEnd && this.#cards.length > 0)) return "more";
    this.#asking ??= this.#ask().finally(() => { this.#asking = null; });
    return this.#asking;
  }

  async #ask() {
    // With nothing left and nothing waiting to be sent the server knows everything: it is asked from its own
    // cursor on, and believed.
    const isLast = this.#cards.length === 0 && this.#outbox.waiting().length === 0;
    if (isLast) this.#done.clear();
    const after = isLast ? "" : this.#place;
    const { status, body } = await request(`${this.#urls.upcoming}?after=${encodeURIComponent(after)}&n=${MOST}`);
    if (status !== 200 || !body?.upcoming) return "away";
    this.handedIn = body.handed_in;
    if (body.closed) {
      this.#over();
      return "end";
    }
    const added = this.add(body.upcoming);
    this.#isEnd = added === 0;
    this.#withhold(isLast ? body : { upcoming: [], decided: 0, total: 0 });
    if (this.#cards.length > 0) return "more";
    if (isLast) return "end";
    // The last decision may have been stored while this was asked.
    return this.#outbox.waiting().length === 0 ? this.#ask() : "away";
  }

  #withhold({ upcoming, decided, total }) {
    const refused = new Set(this.#outbox.refused().map((entry) => entry.case));
    this.withheld = new Set(upcoming.map((card) => card.case).filter((id) => refused.has(id)));
    // The server gives so many at once; nothing else is left, so its own count says how many there are.
    this.left = this.withheld.size > 0 ? Math.max(this.withheld.size, total - decided) : 0;
  }
}
