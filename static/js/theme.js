// Sets light or dark before the first paint. Runs in <head>, blocking, on purpose: no flash of the other theme.
(() => {
  "use strict";
  const root = document.documentElement;
  root.classList.add("js");
  const dark = window.matchMedia("(prefers-color-scheme: dark)");

  function chosen() {
    try {
      return window.localStorage.getItem("rolecall-theme");
    } catch {
      return null; // Storage can be forbidden; then the system's wish holds.
    }
  }

  function apply() {
    const theme = chosen() ?? (dark.matches ? "dark" : "light");
    root.setAttribute("data-bs-theme", theme);
    for (const button of document.querySelectorAll("[data-theme-toggle]")) {
      button.setAttribute("aria-pressed", String(theme === "dark"));
    }
  }

  apply();
  dark.addEventListener("change", apply);
  document.addEventListener("DOMContentLoaded", apply);
  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element) || !event.target.closest("[data-theme-toggle]")) return;
    const next = root.getAttribute("data-bs-theme") === "dark" ? "light" : "dark";
    try {
      window.localStorage.setItem("rolecall-theme", next);
    } catch {
      // Not remembered, but still applied below.
    }
    root.setAttribute("data-bs-theme", next);
    for (const button of document.querySelectorAll("[data-theme-toggle]")) {
      button.setAttribute("aria-pressed", String(next === "dark"));
    }
  });
})();
