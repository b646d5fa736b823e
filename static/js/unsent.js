// Decisions of the person who is logged in that still wait on this device: "Your work" says so and leads back to
// the reading page, which sends them, and logging out asks first. Only this person's own keys are looked at, and
// the server names only rounds in which they read.

import { forgetAll, keptBy } from "./reading/outbox.js";
import { request } from "./reading/sender.js";

const leaving = document.getElementById("leaving");
const here = document.getElementById("kept-here");
const { user, places: address } = leaving.dataset;
const numbers = { waiting: leaving.dataset.waiting, refused: leaving.dataset.refused };

let places = null; // by round: {name, url}; null while the server has not said

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

async function askPlaces(rounds) {
  const { status, body } = await request(`${address}?rounds=${[...rounds].join(",")}`);
  places = status === 200 && body?.rounds ? new Map(body.rounds.map((one) => [one.id, one])) : null;
}

function link(place, { waiting }) {
  const made = document.createElement("a");
  made.className = "btn btn-primary";
  made.href = place.url;
  made.textContent = (waiting > 0 ? leaving.dataset.send : leaving.dataset.anew).replace("{name}", place.name);
  return made;
}

// ---------- "Your work" ----------

function showHere() {
  const kept = keptBy(user);
  here.hidden = kept.size === 0;
  here.replaceChildren(...[...kept].map(([round, one]) => {
    const part = document.createElement("div");
    const text = document.createElement("p");
    const ways = document.createElement("p");
    ways.className = "actions mb-0";
    const place = places?.get(round);
    if (place) {
      text.textContent = counted(one, here.dataset.sends);
      ways.append(link(place, one));
    } else if (places !== null) {
      text.textContent = `${counted(one)} ${here.dataset.gone}`;
      ways.append(forget(round));
    } else {
      text.textContent = `${counted(one)} ${here.dataset.away}`;
    }
    part.append(text, ways);
    return part;
  }));
}

function forget(round) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "btn btn-secondary";
  made.textContent = here.dataset.forget;
  made.addEventListener("click", () => {
    forgetAll(user, round);
    showHere();
  });
  return made;
}

async function lookHere() {
  const rounds = keptBy(user).keys();
  if (keptBy(user).size > 0) await askPlaces(rounds);
  showHere();
}

if (here) {
  lookHere();
  window.addEventListener("pageshow", (event) => { if (event.persisted) lookHere(); });
  window.addEventListener("online", lookHere);
  window.addEventListener("storage", showHere);
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
  await askPlaces(kept.keys());
  const known = [...kept].filter(([round, one]) => one.waiting > 0 && places?.has(round));
  ways.replaceChildren(...known.map(([round, one]) => link(places.get(round), one)));
  ways.querySelector("a")?.focus();
});

leaving.querySelector("[data-leave]").addEventListener("click", () => form.submit());
