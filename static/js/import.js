// The page of a waiting file: says aloud what a changed choice made of it. Without this file it works too.
(() => {
  "use strict";

  document.addEventListener("htmx:afterSwap", () => {
    const result = document.getElementById("reading-result");
    if (result) window.rolecall?.announce(result.dataset.said);
  });

  // What was chosen while an answer was on its way is newer than the answer, which may put the field in place anew:
  // it is chosen again, and so asked for. Not in a field that has become another, as after the choice of a sheet.
  let form = null;
  let sent = null;
  let newer = [];
  const FIELDS = ":is(select, input[type=text], input[type=checkbox])";
  const labelOf = (field) => field.labels[0]?.textContent;
  // As FormData has it: nothing for a box that is not ticked.
  const valueOf = (field) => (field.type === "checkbox" && !field.checked ? null : field.value);
  document.addEventListener("htmx:beforeSend", (event) => {
    form = event.target.closest("#reading form");
    sent = form && new FormData(form);
  });
  document.addEventListener("htmx:beforeSwap", () => {
    newer = [...(form?.querySelectorAll(FIELDS) ?? [])]
      .filter((field) => valueOf(field) !== sent.get(field.name))
      .map((field) => ({ name: field.name, value: valueOf(field), label: labelOf(field) }));
  });
  document.addEventListener("htmx:afterSettle", () => {
    const chosen = newer;
    newer = [];
    for (const { name, value, label } of chosen) {
      const field = document.querySelector(`#reading form ${FIELDS}[name="${CSS.escape(name)}"]`);
      if (!field || valueOf(field) === value || labelOf(field) !== label) continue;
      if (field.options && ![...field.options].some((option) => option.value === value)) continue;
      if (field.type === "checkbox") field.checked = value !== null;
      else field.value = value;
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
