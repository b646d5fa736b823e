// Decisions that the server has not confirmed, kept by person and round in localStorage, one key for each, so
// that two tabs never write over each other. Where nothing can be stored they are kept in memory, and `isSafe` is false.
//
// An entry: {client_id, case, verdict, note, evidence, milliseconds, delta, at, refused?, gone?}. No title, no voter.

const PREFIX = "rolecall:outbox";

export class Outbox {
  #prefix;
  #storage = null;
  #memory = new Map();
  #last = 0;
  isSafe = true;

  /** `heard(kind, entry)`: another tab did "added" or "removed" (then only client_id is known for sure). */
  constructor({ user, round, heard = () => {} }) {
    this.#prefix = `${PREFIX}:${user}:${round}:`;
    try {
      const probe = `${this.#prefix}probe`;
      window.localStorage.setItem(probe, "1");
      window.localStorage.removeItem(probe);
      this.#storage = window.localStorage;
    } catch {
      this.isSafe = false;
    }
    window.addEventListener("storage", (event) => {
      if (!event.key?.startsWith(this.#prefix)) return;
      const entry = parsed(event.newValue ?? event.oldValue);
      if (entry) heard(event.newValue === null ? "removed" : "added", entry);
    });
  }

  add(entry) {
    this.#last = Math.max(Date.now(), this.#last + 1);
    const whole = { ...entry, client_id: newId(), at: this.#last };
    this.put(whole);
    return whole;
  }

  /** Store an entry, new or changed. */
  put(entry) {
    const key = this.#prefix + entry.client_id;
    try {
      if (this.#storage === null) throw new Error("no storage");
      this.#storage.setItem(key, JSON.stringify(entry));
      this.#memory.delete(key);
    } catch {
      this.#memory.set(key, entry);
      this.isSafe = false;
    }
  }

  remove(clientId) {
    const key = this.#prefix + clientId;
    this.#memory.delete(key);
    try {
      this.#storage?.removeItem(key);
    } catch {
      // What could not be written cannot be there.
    }
  }

  /** Every entry, in the order in which they were decided. */
  all() {
    const found = [...this.#memory.values()];
    for (let i = 0; i < (this.#storage?.length ?? 0); i += 1) {
      const key = this.#storage.key(i);
      if (!key?.startsWith(this.#prefix)) continue;
      const entry = parsed(this.#storage.getItem(key));
      if (entry && !this.#memory.has(key)) found.push(entry);
    }
    return found.sort((one, other) => one.at - other.at);
  }

  waiting() {
    return this.all().filter((entry) => !entry.refused);
  }

  refused() {
    return this.all().filter((entry) => entry.refused);
  }

  /** Does anything wait that would be lost with this page? */
  isAtRisk() {
    return this.#memory.size > 0;
  }
}

/** What waits of one person on this device: {waiting, refused} numbers by round. Without storage none is known. */
export function keptBy(user) {
  const found = new Map();
  try {
    for (const key of Object.keys(window.localStorage)) {
      const [, round] = key.match(`^${PREFIX}:${user}:([0-9]+):`) ?? [];
      const entry = round === undefined ? null : parsed(window.localStorage.getItem(key));
      if (!entry) continue;
      const numbers = found.get(Number(round)) ?? { waiting: 0, refused: 0 };
      numbers[entry.refused ? "refused" : "waiting"] += 1;
      found.set(Number(round), numbers);
    }
  } catch {
    found.clear();
  }
  return found;
}

/** Take all of a person's entries of a round off this device. */
export function forgetAll(user, round) {
  for (const key of Object.keys(window.localStorage)) {
    if (key.startsWith(`${PREFIX}:${user}:${round}:`)) window.localStorage.removeItem(key);
  }
}

function parsed(text) {
  try {
    const entry = JSON.parse(text);
    return typeof entry?.client_id === "string" && Number.isInteger(entry.case) ? entry : null;
  } catch {
    return null;
  }
}

// randomUUID exists on https and on this machine only; an office network often has neither.
function newId() {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
