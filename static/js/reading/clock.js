// How long somebody looked at a case. Pure: every call is told the time, in milliseconds.
//
// Counted is the time with the page in sight, up to IDLE after the last sign of a person; a longer pause counts
// as nothing beyond that. While the page waits for the network it is paused.

export const IDLE = 60_000;

export class Clock {
  #total = 0;
  #since = null; // the last moment up to which time is counted, null while nothing runs
  #running = false;
  #visible = true;
  #pauses = 0;

  constructor(visible = true) {
    this.#visible = visible;
  }

  /** A case comes on screen; `already` milliseconds were spent on it before. */
  start(now, already = 0) {
    this.#total = already;
    this.#running = true;
    this.#since = this.#counts() ? now : null;
  }

  /** A sign of a person: a key, a pointer, a touch, scrolling. */
  input(now) {
    this.#settle(now);
  }

  hidden(now) {
    this.#settle(now);
    this.#visible = false;
    this.#since = null;
  }

  shown(now) {
    this.#visible = true;
    this.#settle(now);
  }

  /** Waiting for the network begins; every pause needs its resume. */
  pause(now) {
    this.#settle(now);
    this.#pauses += 1;
    this.#since = null;
  }

  resume(now) {
    this.#pauses = Math.max(0, this.#pauses - 1);
    this.#settle(now);
  }

  /** The case leaves the screen: the milliseconds spent on it. */
  stop(now) {
    this.#settle(now);
    this.#running = false;
    this.#since = null;
    return Math.round(this.#total);
  }

  #counts() {
    return this.#running && this.#visible && this.#pauses === 0;
  }

  #settle(now) {
    if (this.#since !== null) this.#total += Math.min(Math.max(0, now - this.#since), IDLE);
    this.#since = this.#counts() ? now : null;
  }
}
