// The answers stay at the lower edge of a narrow screen only where they leave the title free, and never over a note
// that is being written. Elsewhere they stand below both, so that nobody answers what they cannot see.

const SHARE = 0.54; // of the screen's height, as css/desk.css has it

const desk = () => document.querySelector(".desk");

/** Float where that hides nothing of the title, with whatever stands above it. */
export function fit() {
  const head = document.getElementById("case-head");
  if (!head || !desk() || head.closest("[hidden]")) return;
  const bottom = head.getBoundingClientRect().bottom + window.scrollY;
  const height = Math.min(desk().scrollHeight + 2, window.innerHeight * SHARE);
  desk().classList.toggle("is-afloat", bottom + height <= window.innerHeight);
}

/** Measure again whenever a notice comes, a title wraps or the screen turns. */
export function watch() {
  const soon = () => requestAnimationFrame(fit);
  const sizes = new ResizeObserver(soon);
  for (const one of document.querySelectorAll("body, .masthead, main, .reading-column, #case-head, .desk")) sizes.observe(one);
  window.addEventListener("resize", soon);
  fit();
}
