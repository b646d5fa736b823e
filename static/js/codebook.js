// Comforts of the codebook editor. Everything works without this file.
(() => {
  "use strict";

  // What was typed and not saved is not left behind by a slip.
  let changed = false;
  const form = document.querySelector("form[data-unsaved]");
  if (form) {
    // A form that came back with an error, or beside what somebody else wrote, is not saved either.
    changed = document.querySelector(".is-invalid, .alert, .notice-warn") !== null;
    form.addEventListener("input", () => { changed = true; });
    form.addEventListener("submit", () => { changed = false; });
    form.querySelector("[data-leave]")?.addEventListener("click", () => { changed = false; });
    window.addEventListener("beforeunload", (event) => {
      if (changed) event.preventDefault();
    });
    // Ctrl+Enter saves from within a longer text.
    form.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
    });
  }

  // After a move the same category keeps the focus, and its new place is said.
  let moved = null;
  document.body.addEventListener("htmx:beforeRequest", (event) => {
    const row = event.target.closest(".row-item");
    moved = row ? { id: row.id, up: event.detail.requestConfig?.triggeringEvent?.submitter?.id.startsWith("up-") } : null;
  });
  document.body.addEventListener("htmx:afterSettle", () => {
    const row = moved && document.getElementById(moved.id);
    if (!row) return;
    const buttons = [...row.querySelectorAll("button")];
    const wanted = buttons.find((one) => one.id.startsWith(moved.up ? "up-" : "down-")) ?? buttons[0];
    wanted?.focus();
    const rows = [...row.parentElement.children];
    window.rolecall?.announce(`${row.dataset.label}: ${rows.indexOf(row) + 1} / ${rows.length}`);
    moved = null;
  });
})();
