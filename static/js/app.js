// Small behaviours that every page shares. Each page also works without this file.
(() => {
  "use strict";

  // A menu closes on Escape (focus goes back to its button) and when something else is clicked.
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });

  // A form marked data-confirm asks first, in the browser's own dialog.
  document.addEventListener("submit", (event) => {
    const question = event.target.dataset?.confirm;
    if (question && !window.confirm(question)) event.preventDefault();
  });

  document.addEventListener("click", (event) => {
    if (event.target instanceof Element && event.target.closest("[data-print]")) window.print();
  });

  // A field with data-copy is selected and copied by the button that names it.
  document.addEventListener("click", async (event) => {
    const button = event.target instanceof Element ? event.target.closest("[data-copy]") : null;
    if (!button) return;
    const field = document.querySelector(button.dataset.copy);
    if (!field) return;
    field.select?.();
    try {
      await navigator.clipboard.writeText(field.value ?? field.textContent);
      announce(button.dataset.copied ?? "Copied");
    } catch {
      // No clipboard outside a secure context: the text stays selected for Ctrl+C.
    }
  });

  function announce(text) {
    const region = document.getElementById("live");
    if (!region) return;
    region.textContent = "";
    window.setTimeout(() => { region.textContent = text; }, 50);
  }

  /** Did htmx get another page than it asked for (the login, as a rule)? `detail` is that of htmx:beforeSwap. */
  function isElsewhere({ xhr, pathInfo }) {
    if (!xhr.responseURL || !pathInfo) return false;
    const asked = new URL(pathInfo.finalRequestPath, window.location.href);
    return new URL(xhr.responseURL).pathname !== asked.pathname;
  }

  window.rolecall = { announce, isElsewhere };
})();
