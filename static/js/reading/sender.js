// Sends what waits in the outbox, one after the other, again until the server has said what became of it.
//
// The id stays the same on every attempt, so that the server keeps a decision once. The page's own CSRF token
// is sent, never the cookie's: it is void as soon as anybody else logs in on this browser, so that nobody sends
// the decisions of another person. Before a new token is taken over, the server is asked whose page it is.

const TIMEOUT = 15_000;
const FIRST_WAIT = 500;
const LONGEST_WAIT = 15_000;

export class Sender {
  #outbox;
  #data;
  #told;
  #place;
  #timer = 0;
  #wait = FIRST_WAIT;
  #busy = false;
  #again = false;
  trouble = null; // null, "network", "login", "other" (person) or "reload"

  /** `told` has stored(entry, reply), refused(entry), changed(): what the page shows. `place()`: its last card. */
  constructor({ outbox, data, told, place = () => "" }) {
    this.#outbox = outbox;
    this.#data = data;
    this.#told = told;
    this.#place = place;
    window.addEventListener("online", () => this.now());
    window.addEventListener("offline", () => this.#failed("network"));
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && this.trouble) this.now();
    });
  }

  /** Something new waits. It does not hurry a server that cannot be reached. */
  wake() {
    if (this.trouble === null) this.#flush();
  }

  /** Try at once, whatever happened before. */
  now() {
    this.#wait = FIRST_WAIT;
    this.#flush();
  }

  async #flush() {
    if (this.#busy) {
      this.#again = true;
      return;
    }
    this.#busy = true;
    window.clearTimeout(this.#timer);
    try {
      await alone(`rolecall-outbox-${this.#data.user}-${this.#data.round}`, () => this.#sendAll());
    } finally {
      this.#busy = false;
      this.#told.changed();
    }
    if (this.#again) {
      this.#again = false;
      if (this.trouble === null) this.#flush();
    }
  }

  async #sendAll() {
    for (;;) {
      const entry = this.#outbox.waiting()[0];
      if (!entry) {
        this.#reached();
        return;
      }
      this.#told.changed();
      if (!(await this.#send(entry))) return;
    }
  }

  /** True when the next one can be sent. */
  async #send(entry) {
    const { status, body } = await request(url(this.#data.urls.decide, entry.case), {
      method: "POST",
      headers: { "X-CSRFToken": this.#data.csrf },
      body: new URLSearchParams({
        verdict: entry.verdict,
        note: entry.note,
        evidence: entry.evidence,
        milliseconds: entry.milliseconds ?? "",
        client_id: entry.client_id,
        after: this.#place(),
      }),
    });
    if (status === 200 && body?.client_id === entry.client_id) {
      this.#outbox.remove(entry.client_id);
      this.#reached();
      this.#told.stored(entry, body);
      return true;
    }
    if (status === 422 && body?.error) return this.#refuse(entry, body.error, false);
    if ((status === 403 || status === 404) && body?.gone) return this.#refuse(entry, body.error, true);
    if (status === 403 && body?.reload) return this.#renew();
    this.#failed(status === 401 && body?.login ? "login" : "network");
    return false;
  }

  #refuse(entry, sentence, gone) {
    const kept = { ...entry, refused: sentence, gone };
    this.#outbox.put(kept);
    this.#reached();
    this.#told.refused(kept);
    return true;
  }

  /** The token is void: somebody logged in anew. If it was the same person, go on with theirs. */
  async #renew() {
    const { status, body } = await request(this.#data.urls.read, {}, "text");
    const page = status === 200 ? dataIn(body) : null;
    if (page && page.user === this.#data.user && page.csrf !== this.#data.csrf) {
      this.#data.csrf = page.csrf;
      return true;
    }
    const isOther = page !== null && page.user !== this.#data.user;
    this.#failed(status === 0 ? "network" : isOther ? "other" : page ? "reload" : "login");
    return false;
  }

  #reached() {
    this.#wait = FIRST_WAIT;
    if (this.trouble === null) return;
    this.trouble = null;
    this.#told.changed();
  }

  #failed(trouble) {
    this.trouble = trouble;
    window.clearTimeout(this.#timer);
    // A little different every time, so that a server that comes back is not met by everybody at once.
    this.#timer = window.setTimeout(() => this.#flush(), this.#wait * (0.75 + Math.random() / 2));
    this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT);
    this.#told.changed();
  }
}

/** The address of a case from one with /read/0/ in it. */
export function url(pattern, id) {
  return pattern.replace("/read/0/", `/read/${id}/`);
}

/** {status, body}: status 0 where nothing came back, body null where it was not what was asked for. */
export async function request(address, options = {}, as = "json") {
  try {
    const reply = await fetch(address, {
      credentials: "same-origin",
      redirect: as === "json" ? "error" : "follow",
      ...options,
      signal: AbortSignal.timeout(TIMEOUT),
    });
    const text = await reply.text();
    return { status: reply.status, body: as === "json" ? json(text) : text };
  } catch {
    return { status: 0, body: null };
  }
}

function json(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function dataIn(html) {
  const found = new DOMParser().parseFromString(html, "text/html").getElementById("reading-data");
  return found ? json(found.textContent) : null;
}

// One tab sends at a time where the browser can arrange it; where not, the ids keep everything once.
async function alone(name, work) {
  if (!navigator.locks) return work();
  let began = false;
  try {
    return await navigator.locks.request(name, { signal: AbortSignal.timeout(2 * TIMEOUT) }, () => {
      began = true;
      return work();
    });
  } catch (error) {
    if (began) throw error;
    return work();
  }
}
