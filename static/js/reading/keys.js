// One key does what the thing that names it does. Keys rest while somebody types or a dialog is open.

const TAP_AGAIN = 300; // ms: a second tap within them belongs to the case that just left the screen

export function isTyping(target) {
  return target instanceof Element && target.closest("input, textarea, select, [contenteditable]") !== null;
}

function isShown(element) {
  return element.checkVisibility ? element.checkVisibility() : element.offsetParent !== null;
}

// A category of the case comes before anything else of that key; what is filtered out still has its key.
function forKey(key) {
  const quoted = CSS.escape(key);
  const choice = document.querySelector(`form[data-decision]:not([hidden]) [data-choice][data-key="${quoted}"]`);
  if (choice) return choice;
  return [...document.querySelectorAll(`[data-key="${quoted}"]:not([data-choice])`)].find(isShown) ?? null;
}

/** Listen. `search()` opens the category search. */
export function listen({ search }) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing) return;
    if (document.querySelector("dialog[open], details.menu[open]")) return;
    if (event.key === "Escape" && event.target instanceof HTMLTextAreaElement) {
      document.getElementById("case-title")?.focus({ preventScroll: true });
      return;
    }
    if (isTyping(event.target)) return;
    if (event.key === "Escape" && document.querySelector(".definition:popover-open")) return;
    if (event.key !== "Escape" && (event.key.length !== 1 || event.key === " ")) return;
    const found = forKey(event.key) ?? forKey(event.key.toLowerCase());
    if (!found && event.key === "/") {
      event.preventDefault();
      search();
    }
    if (!found) return;
    event.preventDefault();
    if (found.dataset.opens) {
      const details = found.closest("details");
      details.open = true;
      details.querySelector(found.dataset.opens).focus();
    } else {
      found.click();
    }
  });
  guardTaps();
}

// The second half of a double click must not decide the next case, which is there at once.
function guardTaps() {
  let last = 0;
  document.addEventListener("click", (event) => {
    const choice = event.target instanceof Element ? event.target.closest("[data-choice]") : null;
    if (!choice || event.detail === 0) return;
    const now = event.timeStamp; // of the hand: on a slow machine the second half waits for the first to be done
    if (event.detail > 1 && now - last < TAP_AGAIN) {
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    last = now;
  }, true);
}
