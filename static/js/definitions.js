// The definition of a category when the pointer rests on its button or the keyboard is on it. A tap, a click or
// Enter on the round button opens it without this file: it is the browser's own popover.
(() => {
  "use strict";
  if (!("popover" in HTMLElement.prototype)) return;

  const REST = 450; // ms the pointer rests before a definition comes, so that passing over shows nothing
  const LEAVE = 300; // ms to reach the definition with the pointer
  const GAP = 10; // px
  let timer = 0;
  let shown = null; // the definition that came by itself, by pointer or focus

  const isOpen = (popover) => popover?.matches(":popover-open") ?? false;
  const cellOf = (target) => (target instanceof Element ? target.closest("[data-choice-cell]") : null);
  const definitionIn = (cell) => cell?.querySelector(".definition") ?? null;

  // Beside the buttons where there is room (none of them is covered), else below or above its own.
  // On a narrow screen the style sheet puts it at the foot.
  const narrow = window.matchMedia("(max-width: 40rem)");

  function place(popover, cell) {
    popover.classList.add("is-placed");
    if (narrow.matches) {
      popover.style.left = popover.style.top = "";
      return;
    }
    const own = cell.getBoundingClientRect();
    const all = (cell.parentElement ?? cell).getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = popover;
    const room = { right: window.innerWidth - GAP, bottom: window.innerHeight - GAP };
    let left;
    let top;
    if (all.right + GAP + width <= room.right) {
      left = all.right + GAP;
      top = own.top;
    } else if (all.left - GAP - width >= GAP) {
      left = all.left - GAP - width;
      top = own.top;
    } else {
      left = Math.min(own.left, room.right - width);
      top = own.bottom + GAP;
      if (top + height > room.bottom) top = own.top - GAP - height;
    }
    popover.style.left = `${Math.max(GAP, left)}px`;
    popover.style.top = `${Math.max(GAP, Math.min(top, room.bottom - height))}px`;
  }

  function show(cell) {
    const popover = definitionIn(cell);
    if (!popover || !cell.isConnected || isOpen(popover)) return;
    // What somebody opened on purpose stays until they close it.
    const open = document.querySelector(".definition:popover-open");
    if (open && open !== shown) return;
    hide();
    popover.showPopover();
    place(popover, cell);
    shown = popover;
  }

  function hide() {
    window.clearTimeout(timer);
    if (isOpen(shown)) shown.hidePopover();
    shown = null;
  }

  function later(what, wait) {
    window.clearTimeout(timer);
    timer = window.setTimeout(what, wait);
  }

  document.addEventListener("pointerover", (event) => {
    if (event.pointerType !== "mouse") return;
    const cell = cellOf(event.target);
    if (!cell) {
      if (isOpen(shown)) later(hide, LEAVE);
      else window.clearTimeout(timer);
    } else if (event.target.closest(".definition")) {
      window.clearTimeout(timer);
    } else if (!isOpen(definitionIn(cell))) {
      later(() => show(cell), REST);
    } else {
      window.clearTimeout(timer);
    }
  });
  document.documentElement.addEventListener("pointerleave", () => later(hide, LEAVE));

  document.addEventListener("focusin", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    if (target?.matches("[data-choice], .choice-radio") && target.matches(":focus-visible")) {
      later(() => show(cellOf(target)), 150);
    } else if (!target?.closest(".definition")) {
      hide();
    }
  });

  // Deciding, scrolling and Escape (the browser's own) put it away.
  document.addEventListener("click", (event) => {
    // An arrow key in a group of radio buttons comes as a click too: there the next definition is wanted.
    if (event.target instanceof Element && event.target.closest(".choice") && !event.target.matches(".choice-radio")) hide();
  });
  window.addEventListener("scroll", (event) => {
    if (!(event.target instanceof Element && event.target.closest(".definition"))) hide();
  }, { capture: true, passive: true });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") window.clearTimeout(timer);
  });

  // One that was opened on purpose is placed like the others, and no longer goes away by itself.
  document.addEventListener("toggle", (event) => {
    const popover = event.target;
    if (!(popover instanceof HTMLElement) || !popover.matches(".definition")) return;
    if (event.newState === "open" && popover !== shown) {
      window.clearTimeout(timer);
      const cell = cellOf(popover);
      if (cell) place(popover, cell);
    } else if (event.newState === "closed" && popover === shown) {
      shown = null;
    }
  }, true);

  // The round button of a definition that came by itself keeps it instead of closing it.
  document.addEventListener("click", (event) => {
    const more = event.target instanceof Element ? event.target.closest(".choice-more") : null;
    const popover = definitionIn(cellOf(more));
    if (!more || popover === null || popover !== shown || !isOpen(popover)) return;
    event.preventDefault();
    window.clearTimeout(timer);
    shown = null;
  }, true);
})();
