// Pages beside reading: say what is kept on this device and not stored yet, and send it from here.
// Handing in waits for that. Once all is stored the page is loaded anew, since it shows what the server knows.

import { Outbox } from "./reading/outbox.js";
import { Sender } from "./reading/sender.js";

const data = JSON.parse(document.getElementById("reading-data").textContent);
const box = document.getElementById("pending");
const outbox = new Outbox({ user: data.user, round: data.round, heard: () => show() });
const hadSome = outbox.all().length > 0;
const sender = new Sender({ outbox, data, told: { stored: show, refused: show, changed: show } });

function show() {
  const left = outbox.all().length;
  box.hidden = left === 0;
  const text = data.words.pending.replace("{n}", String(left));
  const why = box.querySelector("[data-why]");
  if (why.textContent !== text) why.textContent = text;
  for (const button of document.querySelectorAll("[data-after-outbox]")) button.disabled = left > 0;
  if (hadSome && left === 0) window.location.reload();
}

box.querySelector("[data-send-now]").addEventListener("click", () => sender.now());
if (hadSome) {
  show();
  sender.now();
}
