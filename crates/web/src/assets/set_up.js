// Shows what becomes of a test while somebody watches, and takes files into their fields. Without it the page has a link
// that looks again, and fields in which what is in a file can be pasted.
"use strict";
const live = document.querySelector("[data-live]");
let awaited = live.querySelector("[data-awaited]") !== null;
async function look() {
  if (!awaited || document.hidden || live.contains(document.activeElement)) {
    return;
  }
  const answer = await fetch(live.dataset.live).catch(() => null);
  if (!answer || !answer.ok) {
    return;
  }
  const text = await answer.text();
  if (text === live.dataset.last) {
    return;
  }
  live.dataset.last = text;
  live.innerHTML = text;
  awaited = live.querySelector("[data-awaited]") !== null;
}
for (const form of document.querySelectorAll("[data-begins]")) {
  form.addEventListener("submit", () => { awaited = true; });
}
setInterval(look, 2000);
document.addEventListener("visibilitychange", look);

async function take(file, field) {
  field.value = await file.text();
}
for (const part of document.querySelectorAll("[data-file]")) {
  part.hidden = false;
}
for (const input of document.querySelectorAll("[data-into]")) {
  input.addEventListener("change", () => {
    if (input.files[0]) {
      take(input.files[0], document.getElementById(input.dataset.into));
    }
  });
}
for (const field of document.querySelectorAll("[data-drop]")) {
  field.addEventListener("dragover", (event) => event.preventDefault());
  field.addEventListener("drop", (event) => {
    const file = event.dataTransfer.files[0];
    if (file) {
      event.preventDefault();
      take(file, field);
    }
  });
}
