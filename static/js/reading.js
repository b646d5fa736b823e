// Reading: keys, announcements, and what is not yet stored. The page is a plain form without this file.
(() => {
  "use strict";
  const page = document.querySelector("[data-reading]");
  if (!page) return;

  const state = document.getElementById("save-state");
  const words = state ? state.dataset : {};
  let inFlight = false;
  let lastChoice = null;
  let shownAt = performance.now();

  // ---------- keys ----------

  function typing(target) {
    return target instanceof Element && target.closest("input, textarea, select, [contenteditable]") !== null;
  }

  function forKey(key) {
    const quoted = CSS.escape(key);
    return (
      document.querySelector(`#case [data-choice][data-key="${quoted}"]`) ??
      document.querySelector(`[data-key="${quoted}"]`)
    );
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target instanceof HTMLTextAreaElement) {
      focusTitle();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing) return;
    if (typing(event.target) || document.querySelector("dialog[open], details.menu[open]")) return;
    if (event.key.length !== 1 || event.key === " ") return;
    const found = forKey(event.key) ?? forKey(event.key.toLowerCase());
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

  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element)) return;
    if (event.target.closest("[data-show-keys]")) document.getElementById("keys").showModal();
    const choice = event.target.closest('#case [name="verdict"]');
    if (choice) lastChoice = choice.value;
    if (event.target.closest("[data-send-again]")) {
      chosen()?.click();
    }
  });

  // ---------- one request per decision ----------

  function chosen() {
    return document.querySelector(`#case [name="verdict"][value="${CSS.escape(lastChoice ?? "")}"]`);
  }

  function setState(name, text) {
    if (!state) return;
    state.dataset.state = name;
    state.textContent = text;
  }

  function failed(sentence) {
    inFlight = false;
    setState("failed", words.failed);
    const box = document.getElementById("unsaved");
    if (!box) return;
    box.querySelector("[data-why]").textContent = sentence;
    box.hidden = false;
    window.rolecall?.announce(`${words.failed}. ${sentence}`);
    document.querySelector("#case .is-sending")?.classList.remove("is-sending");
  }

  const isDecision = (event) => event.detail.elt?.matches?.("form[data-decision]");

  function sentenceIn(xhr) {
    const found = new DOMParser().parseFromString(xhr.responseText, "text/html").querySelector("[data-sentence]");
    return found?.textContent.trim() || words.refused;
  }

  document.addEventListener("htmx:configRequest", (event) => {
    if (!isDecision(event)) return;
    event.detail.parameters.milliseconds = String(Math.round(performance.now() - shownAt));
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!isDecision(event)) return;
    inFlight = true;
    setState("saving", words.saving);
    const box = document.getElementById("unsaved");
    if (box) box.hidden = true;
    chosen()?.classList.add("is-sending");
  });
  document.addEventListener("htmx:sendError", (event) => { if (isDecision(event)) failed(words.offline); });
  document.addEventListener("htmx:timeout", (event) => { if (isDecision(event)) failed(words.offline); });
  document.addEventListener("htmx:responseError", (event) => {
    if (isDecision(event)) failed(sentenceIn(event.detail.xhr));
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    // A page of another kind (the login page after a session ended) must not take the place of the case.
    const target = event.detail.target;
    if (target?.id !== "case" || event.detail.xhr.status >= 400) return;
    if (!event.detail.serverResponse.includes('id="case"')) {
      event.detail.shouldSwap = false;
      failed(words.loggedOut);
    }
  });

  // A case that was decided again stands once in the list of last decisions, which stays short.
  function tidyRecent() {
    const seen = new Set();
    for (const item of document.querySelectorAll("#recent > li")) {
      if (seen.has(item.dataset.case) || seen.size >= 4) item.remove();
      seen.add(item.dataset.case);
    }
  }

  function focusTitle() {
    document.querySelector("#case h1")?.focus({ preventScroll: true });
  }

  let settled = null;
  document.addEventListener("htmx:afterSettle", (event) => {
    const { target, xhr } = event.detail;
    if (xhr === settled) return; // The event comes once for every piece that was swapped.
    settled = xhr;
    if (target?.id === "profiles") {
      if (!typing(document.activeElement)) document.querySelector("#profiles a, #profiles li[tabindex]")?.focus();
      return;
    }
    if (target?.id !== "case") return;
    inFlight = false;
    shownAt = performance.now();
    setState("saved", words.saved);
    tidyRecent();
    focusTitle();
    const card = document.getElementById("case");
    if (card.getBoundingClientRect().top < 0) card.scrollIntoView({ block: "start" });
    const said = document.querySelector("#case [data-announce]");
    if (said) window.rolecall?.announce(said.textContent.trim());
  });

  window.addEventListener("beforeunload", (event) => {
    if (inFlight || state?.dataset.state === "failed") event.preventDefault();
  });
})();
