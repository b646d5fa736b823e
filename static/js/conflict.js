// Conflicts by keyboard: the key of a category picks it. The page is a plain form without this file.
(() => {
  "use strict";
  const form = document.querySelector("form[data-judgement]");
  if (!form) return;

  const typing = (target) =>
    target instanceof Element &&
    target.closest("textarea, select, [contenteditable], input:not([type=radio]):not([type=checkbox])") !== null;

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
    const label =
      form.querySelector(`[data-key="${quoted}"]`) ?? form.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
    const radio = label?.querySelector("input");
    if (!radio) return;
    event.preventDefault();
    radio.checked = true;
    radio.focus();
  });
})();
