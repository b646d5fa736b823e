// Finding a category of a long codebook by typing a piece of its name. Enter chooses the first that is left.

const box = () => document.getElementById("search");
const field = () => document.getElementById("find-category");
const cells = () => [...document.querySelectorAll(".choices [data-choice-cell]")];

function plain(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

// Names that begin with what was typed, names that hold it, then definitions that do.
function rank(cell, wanted) {
  const name = plain(cell.querySelector(".choice-label").textContent.trim());
  const code = plain(cell.querySelector("[data-choice]").value);
  if (wanted.every((word) => name.split(/[^\p{L}\p{N}]+/u).some((one) => one.startsWith(word)))) return 0;
  if (wanted.every((word) => name.includes(word) || code.includes(word))) return 1;
  const meaning = plain(cell.querySelector(".definition")?.textContent ?? "");
  return wanted.every((word) => name.includes(word) || meaning.includes(word)) ? 2 : null;
}

let best = null;

/** Show all categories again and empty the field. It stays in sight where the codebook is long. */
export function clear() {
  field().value = "";
  filter(null);
  box().hidden = cells().length <= Number(box().dataset.long ?? 9);
}

export function open() {
  if (document.querySelector("form[data-decision]").hidden) return;
  box().hidden = false;
  field().focus();
  field().select();
}

function filter(told) {
  const wanted = plain(field().value).split(/\s+/).filter(Boolean);
  let found = [];
  for (const cell of cells()) {
    const place = wanted.length ? rank(cell, wanted) : 0;
    cell.hidden = place === null;
    cell.classList.remove("is-picked");
    if (place !== null) found.push([place, cell]);
  }
  // Where a name fits, a word in some definition is no reason to stand beside it.
  const nearest = Math.min(...found.map(([place]) => place));
  if (nearest < 2) {
    for (const [place, cell] of found) cell.hidden = cell.hidden || place === 2;
    found = found.filter(([place]) => place < 2);
  }
  best = wanted.length ? found.find(([place]) => place === nearest)?.[1] ?? null : null;
  best?.classList.add("is-picked");
  if (told) told(wanted.length ? found.length : null, cells().length, best?.querySelector(".choice-label").textContent.trim());
}

/** Listen. `tell(text)` says aloud; `words` are the page's. */
export function listen({ fill, words, leave }) {
  const found = document.getElementById("found");
  const tell = (n, total, label) => {
    found.textContent = n === null ? "" : n === 0 ? words.noMatch : fill(words.matches, { n, total, label });
    if (found.textContent) window.rolecall?.announce(found.textContent);
  };
  field().addEventListener("input", () => filter(tell));
  field().addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Enter") {
      event.preventDefault(); // never the form's first button
      const choice = best?.querySelector("[data-choice]");
      if (choice) choice.click();
    } else if (event.key === "Escape") {
      event.preventDefault();
      clear();
      found.textContent = "";
      leave();
    } else if (event.key === "ArrowDown") {
      event.preventDefault();
      cells().find((cell) => !cell.hidden)?.querySelector("[data-choice]").focus();
    }
  });
}
