// Conflicts by keyboard: the key of a category picks it, p asks for the profile, Ctrl + Enter sends. The page is a
// plain form without this file.
(() => {
  "use strict";
  const form = document.querySelector("form[data-judgement]");
  if (!form) return;

  const typing = (target) =>
    target instanceof Element &&
    target.closest("textarea, select, [contenteditable], input:not([type=radio]):not([type=checkbox])") !== null;

  // With this file a definition comes when the keyboard is on its category (definitions.js) and goes when it leaves,
  // so Tab need not stop at the buttons that open and close it: from the category it goes to the reason.
  for (const button of form.querySelectorAll(".choice-more, .definition-close")) button.tabIndex = -1;

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter" && form.contains(event.target)) {
      event.preventDefault();
      form.requestSubmit();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing) return;
    if (typing(event.target) || document.querySelector("dialog[open], details.menu[open]")) return;
    if (event.key.length !== 1 || event.key === " ") return;
    const quoted = CSS.escape(event.key);
    const found =
      form.querySelector(`[data-key="${quoted}"]`) ?? form.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
    if (!found) return;
    event.preventDefault();
    const radio = found.querySelector("input");
    if (!radio) {
      found.click();
      return;
    }
    radio.checked = true;
    radio.focus();
  });

  // ---------- the profile, asked for without leaving the form ----------

  // One place for it beside one conflict, one in each row where several are resolved together.
  const isPlace = (target) => target instanceof Element && target.matches(".profiles") && form.contains(target);

  document.addEventListener("htmx:afterSwap", (event) => {
    if (!isPlace(event.target) || typing(document.activeElement)) return;
    event.target.querySelector("a, [tabindex]")?.focus();
  });

  function say(place, which) {
    const said = document.createElement("p");
    said.className = "notice notice-warn mb-0";
    said.textContent = document.getElementById("profile-words").dataset[which];
    place.replaceChildren(said);
    window.rolecall.announce(said.textContent);
  }

  // The login that comes instead of the profile belongs nowhere in this form; what was typed stays in it.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (!isPlace(event.detail.target) || !window.rolecall.isElsewhere(event.detail)) return;
    event.preventDefault();
    say(event.detail.target, "login");
  });
  for (const failure of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
    document.addEventListener(failure, (event) => {
      if (!isPlace(event.detail?.target)) return;
      const status = event.detail.xhr?.status ?? 0;
      say(event.detail.target, status >= 400 && status < 500 ? "refused" : "trouble");
    });
  }
})();
