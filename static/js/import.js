// The page of a waiting file: says aloud what a changed choice made of it. Without this file it works too.
(() => {
  "use strict";

  document.addEventListener("htmx:afterSwap", () => {
    const result = document.getElementById("reading-result");
    if (result) window.rolecall?.announce(result.dataset.said);
  });

  // What was chosen while an answer was on its way is newer than the answer, which may put the field in place anew:
  // it is chosen again, and so asked for. Not in a field that has become another, as after the choice of a sheet.
  let sent = null;
  let newer = [];
  const labelOf = (field) => field.labels[0]?.textContent;
  document.addEventListener("htmx:beforeSend", (event) => {
    sent = new FormData(event.target.closest("form") ?? undefined);
  });
  document.addEventListener("htmx:beforeSwap", () => {
    newer = [...document.querySelectorAll("#reading select")]
      .filter((field) => sent?.has(field.name) && field.value !== sent.get(field.name))
      .map((field) => ({ name: field.name, value: field.value, label: labelOf(field) }));
  });
  document.addEventListener("htmx:afterSettle", () => {
    const chosen = newer;
    newer = [];
    for (const { name, value, label } of chosen) {
      const field = document.querySelector(`#reading select[name="${CSS.escape(name)}"]`);
      if (!field || field.value === value || labelOf(field) !== label) continue;
      if (![...field.options].some((option) => option.value === value)) continue;
      field.value = value;
      field.dispatchEvent(new Event("change", { bubbles: true }));
    }
  });

  // Sent elsewhere (imported in another tab, logged out meanwhile): go there, instead of taking nothing from it.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (!window.rolecall.isElsewhere(event.detail)) return;
    event.preventDefault();
    window.location.assign(event.detail.xhr.responseURL);
  });

  // An answer that could not be had leaves the choices as they are; a button then sends them as a form does.
  for (const failure of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
    document.addEventListener(failure, () => {
      for (const hidden of document.querySelectorAll("#reading .no-js-only")) {
        hidden.classList.remove("no-js-only");
      }
    });
  }
})();
