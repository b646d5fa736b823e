// Decisions of the person who is logged in that still wait on this device: "Your work" says so and leads back to
// the reading page, which sends them, and logging out asks first. Only this person's own keys are looked at, and
// the server names only rounds in which they read.

import { forgetAll, keptBy } from "./reading/outbox.js";
import { request } from "./reading/sender.js";

const leaving = document.getElementById("leaving");
const here = document.getElementById("kept-here");
const { user, places: address } = leaving.dataset;
const numbers = { waiting: leaving.dataset.waiting, refused: leaving.dataset.refused };

const PIECE = 50; // as many rounds as the server looks up at once
const PAUSE = 1_000; // ms: a decision that is saved at once in another tab is no news

function total() {
  return [...keptBy(user).values()].reduce((sum, one) => sum + one.waiting, 0);
}

function filled(words, n) {
  return words.replace("{n}", n.toLocaleString(document.documentElement.lang));
}

/** What waits of one round, in sentences: `then` says what becomes of what is to be sent. */
function counted({ waiting, refused }, then = "") {
  const said = [];
  if (waiting > 0) said.push(filled(numbers.waiting, waiting), then);
  if (refused > 0) said.push(filled(numbers.refused, refused));
  return said.join(" ");
}

/** By round {name, url}, or null where the person no longer reads it; without those of which the server said nothing. */
async function askPlaces(rounds) {
  const said = new Map();
  const left = [...rounds];
  while (left.length > 0) {
    const piece = left.splice(0, PIECE);
    const { status, body } = await request(`${address}?rounds=${piece.join(",")}`);
    if (status !== 200 || !body?.rounds) break;
    for (const round of piece) said.set(round, null);
    for (const one of body.rounds) said.set(one.id, one);
  }
  return said;
}

function link(place, { waiting }) {
  const made = document.createElement("a");
  made.className = "btn btn-primary";
  made.href = place.url;
  made.textContent = (waiting > 0 ? leaving.dataset.send : leaving.dataset.anew).replace("{name}", place.name);
  return made;
}

// ---------- "Your work" ----------

let looks = 0;
let shown = "";
let pause = 0;

/** What is kept of these rounds, with what the server just said of each: never what it said of others or earlier. */
function showHere(rounds, places) {
  const kept = [...keptBy(user)].filter(([round]) => rounds.has(round));
  const news = JSON.stringify(kept.map(([round, one]) => [round, one, places.has(round), places.get(round)]));
  if (news === shown) return; // nothing is read out twice, and the keyboard stays where it is
  shown = news;
  here.hidden = kept.length === 0;
  here.replaceChildren(...kept.map(([round, one]) => part(round, one, places)));
}

function part(round, one, places) {
  const made = document.createElement("div");
  const text = document.createElement("p");
  const ways = document.createElement("p");
  ways.className = "actions mb-0";
  const place = places.get(round);
  if (place) {
    text.textContent = counted(one, here.dataset.sends);
    ways.append(link(place, one));
  } else if (place === null) {
    text.textContent = `${counted(one)} ${here.dataset.gone}`;
    ways.append(forget(round));
  } else {
    text.textContent = `${counted(one)} ${here.dataset.away}`;
  }
  made.append(text, ways);
  return made;
}

function keptOf(round) {
  const { waiting, refused } = keptBy(user).get(round) ?? { waiting: 0, refused: 0 };
  return waiting + refused;
}

function forget(round) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "btn btn-secondary";
  made.textContent = here.dataset.forget;
  made.addEventListener("click", async () => {
    const n = keptOf(round);
    if (n > 0 && !window.confirm(filled(here.dataset.sure, n))) return;
    // The person may read the round again by now, and another tab may have kept more than was asked about.
    const isGone = (await askPlaces([round])).get(round) === null;
    if (isGone && keptOf(round) === n) forgetAll(user, round);
    lookHere();
  });
  return made;
}

async function lookHere() {
  window.clearTimeout(pause);
  looks += 1;
  const look = looks;
  const rounds = new Set(keptBy(user).keys());
  const places = await askPlaces(rounds);
  if (look === looks) showHere(rounds, places);
}

function lookSoon() {
  window.clearTimeout(pause);
  pause = window.setTimeout(lookHere, PAUSE);
}

if (here) {
  lookHere();
  window.addEventListener("pageshow", (event) => { if (event.persisted) lookHere(); });
  window.addEventListener("online", lookHere);
  window.addEventListener("storage", lookSoon);
}

// ---------- logging out ----------

const form = document.querySelector("form[data-logout]");

form.closest("details").addEventListener("toggle", () => {
  const n = total();
  const note = form.querySelector("[data-kept]");
  note.hidden = n === 0;
  note.textContent = filled(leaving.dataset.short, n);
});

form.addEventListener("submit", async (event) => {
  const kept = keptBy(user);
  const n = total();
  if (n === 0) return;
  event.preventDefault();
  form.closest("details").open = false;
  leaving.querySelector("[data-text]").textContent = filled(numbers.waiting, n);
  const ways = leaving.querySelector("[data-places]");
  ways.replaceChildren();
  leaving.showModal();
  const places = await askPlaces(kept.keys());
  const known = [...kept].filter(([round, one]) => one.waiting > 0 && places.get(round));
  ways.replaceChildren(...known.map(([round, one]) => link(places.get(round), one)));
  ways.querySelector("a")?.focus();
});

leaving.querySelector("[data-leave]").addEventListener("click", () => form.submit());
