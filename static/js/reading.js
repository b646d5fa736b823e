// Reading: a decision counts at the press of a key, the next case is there at once, and the decision is sent
// behind it until it is stored. Without this file the page is a plain form.

import { Clock } from "./reading/clock.js";
import * as desk from "./reading/desk.js";
import * as keys from "./reading/keys.js";
import { Outbox } from "./reading/outbox.js";
import { Queue } from "./reading/queue.js";
import { Screen } from "./reading/screen.js";
import * as search from "./reading/search.js";
import { Sender, request, url } from "./reading/sender.js";

const data = JSON.parse(document.getElementById("reading-data").textContent);
const { words, urls } = data;
const form = document.querySelector("form[data-decision]");
const screen = new Screen(data);
const clock = new Clock(!document.hidden);
const outbox = new Outbox({ user: data.user, round: data.round, heard });
const queue = new Queue({ urls, outbox, over: () => over() });
const sender = new Sender({ outbox, data, told: { stored, refused, changed }, place: () => queue.place });
const others = "BroadcastChannel" in window ? new BroadcastChannel(`rolecall-${data.user}-${data.round}`) : null;

const ASK_AGAIN = 5000; // ms

let current = null; // the card on screen
let back = null; // its place among the last decisions when somebody went back to it
let counted = { decided: data.decided, total: data.total }; // as the server last said
let isClosed = data.closed; // coding, as the server last said
const late = new Set(); // ids of decisions that came after the close
const mine = new Map(); // what was decided on this page, by case: {verdict, note, evidence}
const spent = new Map(); // milliseconds on cases that were left without a decision

// ---------- which case ----------

function show(card, { so = {}, isBack = false } = {}) {
  leave();
  current = card;
  screen.show(card, { ...so, back: isBack });
  search.clear();
  clock.start(performance.now(), spent.get(card.case) ?? 0);
}

function leave() {
  if (current === null) return;
  spent.set(current.case, clock.stop(performance.now()));
  current = null;
}

/** The next case to read; where none is here, what is to be said. */
async function advance(said = "") {
  back = null;
  if (isClosed) return ended("closed", said);
  if (queue.head === null) {
    leave();
    if (screen.isReading) showAwaited();
    changed();
    const state = await queue.refill();
    if (current !== null || isClosed) return;
    if (queue.head === null) return ended(state, said);
  }
  show(queue.head);
  screen.say(`${said} ${current.sentence}`.trim());
  screen.focusTitle();
  queue.refill();
}

function ended(state, said) {
  if (state === "end" && queue.handedIn && !data.handed_in) {
    window.location.assign(urls.read); // something happened meanwhile; the server says what
    return;
  }
  leave();
  const left = state === "end" ? showEnd() : 0;
  if (state === "closed") screen.showPanel("closed");
  if (state === "away") showAwaited();
  changed();
  const last = left > 0 ? screen.undecided(left) : words.last;
  screen.say(`${said} ${{ end: last, closed: closedWords() }[state] ?? ""}`.trim());
  screen.focusTitle();
  if (state !== "away" || outbox.waiting().length > 0) return; // what waits comes back here once it is stored
  window.setTimeout(() => { if (current === null) advance(); }, ASK_AGAIN);
}

/** The server has nothing else to read. All is read, or what it refused is left: then how many titles. */
function showEnd() {
  const [first] = outbox.refused().filter((entry) => queue.withheld.has(entry.case));
  if (first) {
    listRefused(); // now their titles are known
    screen.showUndecided(queue.left, first.client_id);
  } else {
    screen.showPanel("done");
  }
  return first ? queue.left : 0;
}

/** Nothing is here to read: is anything left, or is all of it decided and only to be sent, or refused? */
function showAwaited() {
  const missing = counted.total - progress();
  const refused = outbox.refused().filter((entry) => entry.delta === 1 && !entry.gone);
  if (missing > 0 && missing === refused.length) screen.showUndecided(missing, refused[0].client_id);
  else screen.showPanel(outbox.waiting().length > 0 && missing <= 0 ? "unsent" : "waiting");
}

function closedWords() {
  return late.size > 0 ? screen.fill(words.afterClose, { n: late.size }) : words.closed;
}

/** Coding is closed, maybe learnt from the reply to a decision. What somebody is writing stays under their hands. */
function over(entry = null) {
  const isNews = !isClosed;
  isClosed = true;
  queue.clear();
  if (entry !== null) {
    late.add(entry.client_id);
    screen.afterClose(late.size);
    screen.mark(entry.case, "late");
  }
  const isWriting = current !== null && screen.typed().note !== (mine.get(current.case)?.note ?? current.note ?? "");
  if (isNews && !isWriting) ended("closed");
  else screen.say(closedWords());
}

// ---------- deciding ----------

function decide(verdict) {
  if (current === null) return;
  const card = current;
  const again = outbox.refused().filter((old) => old.case === card.case);
  const isNew = queue.head === card || again.some((old) => old.delta === 1);
  const isFirst = isNew || (back === null && !mine.has(card.case) && card.verdict === "");
  const { note, evidence } = screen.typed();
  const delta = verdict === "_withdrawn" ? -1 : isFirst ? 1 : 0;
  const milliseconds = clock.stop(performance.now());
  current = null;
  spent.delete(card.case);
  for (const old of again) outbox.remove(old.client_id);
  outbox.add({ case: card.case, verdict, note, evidence, milliseconds, delta });
  queue.drop(card.case);
  mine.set(card.case, { verdict, note, evidence });
  if (verdict === "_withdrawn") queue.forget(card.case);
  screen.remember({ case: card.case, title: card.title, verdict, note, state: stateNow() });
  listRefused();
  if (window.location.pathname !== urls.read) window.history.replaceState(null, "", urls.read);
  for (const done of document.querySelectorAll(".messages .notice-good")) done.remove(); // of an earlier page
  const { label } = screen.named(verdict);
  advance(screen.fill(words.chosen, { label }));
  sender.wake();
  changed();
}

function stateNow() {
  return sender.trouble === null ? "saving" : "kept";
}

// ---------- going back ----------

async function goBack(id) {
  const so = mine.get(id);
  let card = queue.card(id);
  if (!card || !so) {
    clock.pause(performance.now());
    const { status, body } = await request(url(urls.card, id));
    clock.resume(performance.now());
    if (status !== 200 || !body) {
      screen.say(words.cardOffline);
      tellBriefly(words.cardOffline);
      return false;
    }
    queue.remember(body);
    card = body;
  }
  const known = so ?? { verdict: card.verdict ?? "", note: card.note ?? "" };
  const verdict = known.verdict === "_withdrawn" ? "" : known.verdict;
  show(card, { so: { ...known, verdict }, isBack: true });
  screen.say(screen.fill(words.back, { label: screen.named(known.verdict).label }));
  screen.focusTitle();
  return true;
}

async function undo() {
  const list = screen.listed();
  const at = back === null ? 0 : back + 1;
  if (at >= list.length) {
    screen.say(words.nothingBack);
    return;
  }
  if (await goBack(list[at])) back = at;
}

function giveUp() {
  if (window.location.pathname !== urls.read) window.history.replaceState(null, "", urls.read);
  advance();
}

function tellBriefly(text) {
  const item = document.createElement("p");
  item.className = "notice";
  item.textContent = text;
  item.dataset.brief = "";
  document.querySelector("[data-brief]")?.remove();
  document.getElementById("case").before(item);
  window.setTimeout(() => item.remove(), 8000);
}

// ---------- what became of a decision ----------

function stored(entry, reply) {
  counted = { decided: reply.decided, total: reply.total };
  queue.add(reply.upcoming);
  const { decided, total, closed, late: isLate } = reply;
  others?.postMessage({ stored: entry, decided, total, closed, isLate });
  settle(entry, closed, isLate);
}

/** `closed` and whether the decision came after that, as the reply said; nothing where another tab had it. */
function settle(entry, closed = null, isLate = false) {
  if (!outbox.waiting().some((one) => one.case === entry.case)) screen.mark(entry.case, "saved");
  changed();
  if (closed) {
    over(isLate ? entry : null);
    return;
  }
  if (closed === false && isClosed && outbox.waiting().length === 0) {
    window.location.assign(urls.read); // opened again meanwhile
    return;
  }
  queue.refill();
  if (current === null && outbox.waiting().length === 0) advance();
}

function refused(entry) {
  screen.mark(entry.case, "refused");
  listRefused();
  changed();
  const said = `${words.refused} ${entry.refused}`;
  if (current === null && outbox.waiting().length === 0) advance(said);
  else screen.say(said);
}

function listRefused() {
  screen.refused(outbox.refused(), (id) => queue.card(id)?.title ?? "");
}

async function anew(clientId) {
  const entry = outbox.refused().find((one) => one.client_id === clientId);
  if (!entry) return;
  mine.delete(entry.case);
  back = null;
  const card = queue.card(entry.case);
  if (!card) await goBack(entry.case);
  else show(card, { so: { verdict: "", note: entry.note, evidence: entry.evidence }, isBack: true });
  screen.focusTitle();
}

function dismiss(clientId) {
  const entry = outbox.refused().find((one) => one.client_id === clientId);
  outbox.remove(clientId);
  if (entry && !entry.gone) queue.forget(entry.case);
  queue.reopen();
  listRefused();
  changed();
  screen.focusTitle();
  if (current === null) advance();
}

function changed() {
  const waiting = outbox.waiting();
  screen.saving(waiting.length, sender.trouble, { refused: outbox.refused().length, isSafe: outbox.isSafe });
  screen.progress(progress(), counted.total);
  for (const entry of waiting) screen.mark(entry.case, stateNow());
}

function progress() {
  const ahead = outbox.waiting().reduce((sum, entry) => sum + (entry.delta ?? 0), 0);
  return Math.max(0, Math.min(counted.decided + ahead, counted.total));
}

// ---------- other tabs of the same person ----------

function heard(kind, entry) {
  if (kind === "added" && !entry.refused) decidedElsewhere(entry);
  if (kind === "removed" && !others) settle(entry);
  listRefused();
  changed();
  if (current === null && outbox.waiting().length === 0 && (entry.refused || screen.isUndecided)) advance();
}

function decidedElsewhere(entry) {
  const wasShown = current?.case === entry.case && back === null;
  if (entry.verdict !== "_withdrawn") queue.drop(entry.case);
  const title = queue.card(entry.case)?.title;
  if (title !== undefined) {
    mine.set(entry.case, entry);
    screen.remember({ ...entry, title, state: stateNow() });
  }
  // A note that somebody is writing is not taken from under their hands.
  if (wasShown && screen.typed().note === "") {
    current = null;
    advance(words.elsewhere);
  }
}

others?.addEventListener("message", ({ data: heardOf }) => {
  counted = { decided: heardOf.decided, total: heardOf.total };
  settle(heardOf.stored, heardOf.closed, heardOf.isLate);
  if (sender.trouble !== null) sender.now();
});

// ---------- profile and split need the server ----------

async function showProfile() {
  if (current === null) return;
  const asked = current.case;
  clock.pause(performance.now());
  const { status, body } = await request(url(urls.profile, asked), {
    method: "POST",
    headers: { "X-CSRFToken": data.csrf, "HX-Request": "true" },
  }, "text");
  clock.resume(performance.now());
  if (current?.case !== asked) return;
  const page = status === 200 ? new DOMParser().parseFromString(body, "text/html") : null;
  const found = page?.getElementById("profiles");
  if (!found || page.querySelector("main")) {
    tellBriefly(status === 0 ? words.profileOffline : words.profileRefused);
    screen.say(status === 0 ? words.profileOffline : words.profileRefused);
    return;
  }
  document.getElementById("profiles").replaceChildren(...found.childNodes);
  if (!keys.isTyping(document.activeElement)) document.querySelector("#profiles a, #profiles li[tabindex]")?.focus();
}

// ---------- hands ----------

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const by = event.submitter;
  if (by?.matches("[data-profile]")) showProfile();
  else if (by?.name === "verdict") decide(by.value);
});

document.addEventListener("click", (event) => {
  const on = (selector) => (event.target instanceof Element ? event.target.closest(selector) : null);
  if (on("[data-show-keys]")) document.getElementById("keys").showModal();
  if (on("[data-undo]")) undo();
  if (on("[data-return]")) giveUp();
  if (on("[data-send-now]")) sender.now();
  if (on("[data-anew]")) anew(on("[data-anew]").dataset.anew);
  if (on("[data-dismiss]")) dismiss(on("[data-dismiss]").dataset.dismiss);
  if (on("[data-hand-in][aria-disabled]")) event.preventDefault();
  if (on("[data-split]") && !navigator.onLine) {
    event.preventDefault();
    tellBriefly(words.splitOffline);
    screen.say(words.splitOffline);
  }
  const item = on("#recent a");
  if (item && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    const id = Number(item.closest("li").dataset.case);
    goBack(id).then((came) => { if (came) back = screen.listed().indexOf(id); });
  }
});

for (const sign of ["keydown", "pointerdown", "pointermove", "wheel", "touchmove", "scroll"]) {
  window.addEventListener(sign, () => clock.input(performance.now()), { passive: true, capture: true });
}
document.addEventListener("visibilitychange", () => {
  if (document.hidden) clock.hidden(performance.now());
  else clock.shown(performance.now());
});
window.addEventListener("online", () => {
  queue.reopen();
  if (current === null && outbox.waiting().length === 0) advance();
});
window.addEventListener("beforeunload", (event) => {
  if (outbox.isAtRisk()) event.preventDefault();
});

// ---------- begin ----------

function begin() {
  desk.watch();
  keys.listen({ search: search.open });
  search.listen({ fill: screen.fill, words, leave: () => screen.focusTitle() });
  queue.add(data.cards);
  if (data.opened) queue.remember(data.opened);
  for (const entry of outbox.waiting()) decidedBefore(entry);
  listRefused();
  if (data.opened) {
    const so = mine.get(data.opened.case) ?? { verdict: data.opened.verdict, note: data.opened.note };
    const isUnread = so.verdict === "" && queue.head?.case === data.opened.case;
    const typed = document.querySelector("[role=alert]") ? { note: screen.typed().note } : {};
    show(isUnread ? queue.head : data.opened, { so: { ...so, ...typed }, isBack: so.verdict !== "" });
    back = so.verdict === "" ? null : screen.listed().indexOf(data.opened.case);
  } else if (queue.head) {
    if (form.action.includes(`/read/${queue.head.case}/`)) {
      current = queue.head;
      clock.start(performance.now());
    } else {
      show(queue.head);
    }
  } else if (outbox.waiting().length > 0 || (!data.closed && outbox.refused().length > 0)) {
    advance();
  }
  changed();
  sender.now();
  fill();
}

/** The cases to come. Only with them, or once the server has none, the page says that it is ready. */
async function fill() {
  if (!data.closed) await queue.refill({ full: true });
  if (current === null && queue.head) advance();
  document.documentElement.dataset.reading = "ready";
}

// A decision of before a reload, which the server has not confirmed: its title is asked for if it is not here.
async function decidedBefore(entry) {
  mine.set(entry.case, entry);
  queue.drop(entry.case);
  const known = queue.card(entry.case)?.title;
  screen.remember({ ...entry, title: known ?? "…", state: "kept" });
  if (known !== undefined) return;
  const { status, body } = await request(url(urls.card, entry.case));
  if (status !== 200 || !body) return;
  queue.remember(body);
  const title = document.querySelector(`#recent li[data-case="${entry.case}"] .recent-title`);
  if (title) title.textContent = body.title;
}

begin();
