// Training by key: a category's key answers, Enter goes on. Without this file the buttons do the same.
(() => {
  "use strict";

  const page = document.querySelector("[data-training]");
  if (!page) return;

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
    const target = event.target instanceof Element ? event.target : null;
    if (target?.closest("input, textarea, select, details.menu")) return;
    if (event.key === "Enter") {
      const next = page.querySelector("[data-next]");
      if (next && !target?.closest("a, button, summary")) next.click();
      return;
    }
    for (const button of page.querySelectorAll("[data-key]")) {
      if (button.dataset.key.toLowerCase() !== event.key.toLowerCase() || button.disabled) continue;
      event.preventDefault();
      button.click();
      return;
    }
  });

  // One press, one answer: a second one would only be sent along with the first.
  page.addEventListener("submit", () => {
    window.setTimeout(() => {
      for (const button of page.querySelectorAll("[data-key]")) button.disabled = true;
    });
  });
})();
