// The page of a waiting file: says aloud what a changed choice made of it. Without this file it works too.
(() => {
  "use strict";

  document.addEventListener("htmx:afterSwap", () => {
    const result = document.getElementById("reading-result");
    if (result) window.rolecall?.announce(result.dataset.said);
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
