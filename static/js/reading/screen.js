// What the page shows: the case, how far one is, what is saved, the last decisions. Knows nothing of sending.

import { fit } from "./desk.js";
import { url } from "./sender.js";

const SHOWN = 6; // last decisions beside the case

const find = (id) => document.getElementById(id);

export class Screen {
  #data;
  #words;
  #form = document.querySelector("form[data-decision]");
  #labels;

  constructor(data) {
    this.#data = data;
    this.#words = data.words;
    this.#labels = new Map(data.categories.map((category) => [category.code, category]));
  }

  /** What a verdict is called, and its colour ("" for none). */
  named(verdict) {
    const own = { unsure: this.#words.unsure, _withdrawn: this.#words.withdrawn };
    return this.#labels.get(verdict) ?? { label: own[verdict] ?? verdict, color: "" };
  }

  say(text) {
    window.rolecall?.announce(text);
  }

  fill(text, values) {
    return text.replace(/\{(\w+)\}/g, (whole, name) => inGroups(values[name]) ?? whole);
  }

  // ---------- the case ----------

  /** A case to decide; `verdict` and `note` are the person's own so far, `back`: they came back to it. */
  show(card, { verdict = "", note = "", evidence = "", back = false } = {}) {
    find("case-away").replaceChildren();
    find("case-head").innerHTML = card.html; // our own server's, escaped there
    find("cues").innerHTML = card.cues;
    find("cues").hidden = card.cues === "";
    const { urls } = this.#data;
    this.#form.action = url(urls.case, card.case);
    this.#form.querySelector("[data-profile]")?.setAttribute("formaction", url(urls.profile, card.case));
    this.#toggle("[data-profile] [data-one]", card.votes > 1);
    this.#toggle("[data-profile] [data-many]", card.votes <= 1);
    const split = this.#form.querySelector("[data-split]");
    if (split) split.href = url(urls.split, card.case);
    this.#toggle("[data-split]", !card.can_split);
    this.#toggle("[data-withdraw]", verdict === "");
    this.#form.querySelector("[role=alert]")?.remove();
    find("profiles").replaceChildren();
    if (evidence === "profile") this.profileSeen();
    find("note").value = note;
    find("note").closest("details").open = note !== "";
    find("revisit").hidden = !back;
    this.#mark(verdict);
    this.#form.hidden = false;
    fit();
  }

  /** Nothing to decide: "done", "closed", "unsent" or "waiting". */
  showPanel(name) {
    this.#form.hidden = true;
    find("case-head").replaceChildren();
    find("cues").hidden = true;
    find("case-away").replaceChildren(find(`${name}-panel`).content.cloneNode(true));
  }

  /** All that is left are `n` titles whose decision was refused; `clientId` is that of the first one. */
  showUndecided(n, clientId) {
    this.showPanel("undecided");
    find("case-title").textContent = this.undecided(n);
    const way = document.querySelector("#case-away [data-anew]");
    way.dataset.anew = clientId;
    way.textContent = n === 1 ? this.#words.anew : this.#words.anewFirst;
  }

  undecided(n) {
    return n === 1 ? this.#words.undecidedOne : this.fill(this.#words.undecided, { n });
  }

  get isUndecided() {
    return document.querySelector("#case-away [data-anew]") !== null;
  }

  get isReading() {
    return !this.#form.hidden;
  }

  profileSeen() {
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name: "evidence", value: "profile" });
    find("profiles").append(field);
  }

  typed() {
    const note = find("note").value.trim();
    const evidence = document.querySelector('#profiles [name="evidence"]') ? "profile" : "headline";
    return { note, evidence };
  }

  focusTitle() {
    const title = find("case-title");
    title?.focus({ preventScroll: true });
    const sheet = find("case");
    const head = find("case-head").getBoundingClientRect();
    if (sheet.getBoundingClientRect().top < 0 || head.bottom > window.innerHeight) sheet.scrollIntoView({ block: "start" });
  }

  #toggle(selector, isHidden) {
    const found = this.#form.querySelector(selector);
    if (found) found.hidden = isHidden;
  }

  #mark(verdict) {
    for (const now of this.#form.querySelectorAll(".choice-now")) now.remove();
    for (const button of this.#form.querySelectorAll("[data-choice]")) {
      const isCurrent = verdict !== "" && button.value === verdict;
      button.classList.toggle("is-current", isCurrent);
      if (!isCurrent) continue;
      const now = document.createElement("span");
      now.className = "choice-now";
      now.textContent = this.#words.now;
      button.append(now);
    }
  }

  // ---------- how far, and what is saved ----------

  progress(done, total) {
    const bar = document.querySelector("#progress progress");
    bar.max = total;
    bar.value = done;
    bar.textContent = String(done);
    document.querySelector("#progress span").textContent = this.fill(this.#words.progress, { done, total });
  }

  /** `trouble` as of the sender, `n` decisions not confirmed, `refused` not accepted, `isSafe`: they outlive this page. */
  saving(n, trouble, { refused, isSafe }) {
    const words = this.#words;
    const state = n > 0 ? (trouble === null ? "saving" : "kept") : refused > 0 ? "refused" : "saved";
    const offline = trouble === "network" && !navigator.onLine ? words.offline : words.waiting;
    const shown = find("save-state");
    const saving = n > 1 ? words.waiting : words.saving;
    const text = { saved: words.saved, refused: words.notAccepted, saving, kept: offline }[state];
    shown.dataset.state = state;
    shown.textContent = this.fill(text, { n: state === "refused" ? refused : n });
    this.#trouble(n, trouble);
    find("memory-only").hidden = isSafe;
    if (!isSafe) find("memory-only").textContent = words.memory;
    const unsaved = document.querySelector("[data-unsaved]");
    if (unsaved) this.#handInWaits(unsaved, n);
  }

  #trouble(n, trouble) {
    const box = find("trouble");
    const isShown = trouble !== null && n > 0;
    const words = this.#words;
    const text = { network: words.keptHere, login: words.loggedOut, other: words.otherPerson, reload: words.tooOld }[trouble] ?? "";
    if (isShown && (box.hidden || box.dataset.trouble !== trouble)) this.say(this.fill(text, { n }));
    if (!isShown && !box.hidden && n === 0) this.say(`${words.reachable} ${find("save-state").textContent}.`);
    box.hidden = !isShown;
    box.dataset.trouble = trouble ?? "";
    box.querySelector("[data-why]").textContent = this.fill(text, { n });
    const out = box.querySelector("[data-way-out]");
    const toLogin = trouble === "login" || trouble === "other";
    out.hidden = !toLogin && trouble !== "reload";
    out.textContent = toLogin ? words.logIn : words.reload;
    const { read } = this.#data.urls;
    out.href = toLogin ? `${this.#data.urls.login}?next=${encodeURIComponent(read)}` : read;
  }

  /** So many decisions came after coding was closed. */
  afterClose(n) {
    find("after-close").hidden = n === 0;
    find("after-close").textContent = this.fill(this.#words.afterClose, { n });
  }

  // The readings are handed in when all of them are with the server.
  #handInWaits(sentence, n) {
    sentence.hidden = n === 0;
    sentence.textContent = this.fill(this.#words.pending, { n });
    const link = document.querySelector("[data-hand-in]");
    if (!link) return;
    link.classList.toggle("disabled", n > 0);
    if (n > 0) link.setAttribute("aria-disabled", "true");
    else link.removeAttribute("aria-disabled");
  }

  // ---------- the last decisions ----------

  /** Put a decision on top of the list, or change the one of that case. `state`: saving, kept, saved, late, refused. */
  remember({ case: id, title, verdict, note, state }) {
    const list = find("recent");
    const { label, color } = this.named(verdict);
    const item = document.createElement("li");
    item.dataset.case = id;
    const link = document.createElement("a");
    link.href = url(this.#data.urls.case, id);
    const name = span("recent-title", title || this.#words.noTitle);
    name.dir = "auto";
    const what = span("recent-verdict", note ? `${label}, ${this.#words.note}` : label);
    if (color) what.prepend(dot(color));
    const key = document.createElement("kbd");
    key.className = "key";
    key.setAttribute("aria-hidden", "true");
    key.textContent = "z";
    link.append(name, what, key);
    item.append(link);
    for (const old of list.querySelectorAll(`li[data-case="${id}"]`)) old.remove();
    list.prepend(item);
    while (list.children.length > SHOWN) list.lastElementChild.remove();
    this.mark(id, state);
  }

  /** Say by a decision of the list whether it is saved. */
  mark(id, state) {
    const item = document.querySelector(`#recent li[data-case="${id}"]`);
    if (!item || item.dataset.state === state) return;
    item.dataset.state = state;
    item.querySelector(".recent-state")?.remove();
    const words = this.#words;
    const text = { saving: words.itemSaving, kept: words.itemKept, saved: words.itemSaved, refused: words.itemRefused, late: words.itemLate };
    item.querySelector("a").append(span("recent-state", text[state]));
  }

  listed() {
    return [...document.querySelectorAll("#recent > li")].map((item) => Number(item.dataset.case));
  }

  // ---------- what was not accepted ----------

  /** Every decision the server refused, with its sentence and two ways on. */
  refused(entries, titleOf) {
    const list = find("refused");
    list.hidden = entries.length === 0;
    list.replaceChildren(...entries.map((entry) => {
      const item = document.createElement("li");
      item.className = "notice notice-bad";
      const what = document.createElement("p");
      const title = document.createElement("strong");
      title.textContent = titleOf(entry.case) || this.#words.noTitle;
      what.append(title, `: ${this.named(entry.verdict).label}. ${this.#words.refused} ${entry.refused}`);
      const ways = document.createElement("div");
      ways.className = "actions";
      if (!entry.gone) ways.append(button("btn btn-primary", this.#words.anew, "anew", entry.client_id));
      ways.append(button("btn btn-secondary", this.#words.dismiss, "dismiss", entry.client_id));
      item.append(what, ways);
      return item;
    }));
  }
}

function span(name, text) {
  const made = document.createElement("span");
  made.className = name;
  made.textContent = text;
  return made;
}

function button(name, text, action, id) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = name;
  made.textContent = text;
  made.dataset[action] = id;
  return made;
}

function dot(color) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const shape = document.createElementNS(space, "rect");
  for (const [name, value] of Object.entries({ class: "dot", viewBox: "0 0 10 10", "aria-hidden": "true" })) {
    svg.setAttribute(name, value);
  }
  for (const [name, value] of Object.entries({ width: 10, height: 10, rx: 2.5, fill: color })) {
    shape.setAttribute(name, value);
  }
  svg.append(shape);
  return svg;
}

/** A count as the server writes it, 1,234; anything else as it is. */
function inGroups(value) {
  return typeof value === "number" ? value.toLocaleString(document.documentElement.lang) : value;
}
