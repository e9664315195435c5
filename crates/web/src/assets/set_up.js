// Shows what becomes of a test while somebody watches, and takes files into their fields. Without it the page has a link
// that looks again, and fields in which what is in a file can be pasted.
"use strict";
const live = document.querySelector("[data-live]");
const explain = document.getElementById("explain");
const pasted = document.getElementById("pasted");
const shown = new Map();
// What is known of the test: an answer is awaited, or it passed.
const known = () => ["data-awaited", "data-passed"].find((name) => live.querySelector(`[${name}]`));
let state = known();
// When a test was begun that the server may not have heard of yet, and whether a part is still to be put in its place.
let begunAt = null;
let isBehind = false;

// Puts each part that a test changes in its place on the page. Where somebody is at work the part keeps until later.
function put(text) {
  isBehind = false;
  for (const part of new DOMParser().parseFromString(text, "text/html").querySelectorAll("[data-part]")) {
    const place = document.getElementById(part.dataset.part);
    const html = part.innerHTML;
    if ((shown.get(place) ?? place.innerHTML) === html) {
      continue;
    }
    if (place.contains(document.activeElement)) {
      isBehind = true;
      continue;
    }
    shown.set(place, html);
    place.replaceChildren(...part.childNodes);
  }
}
// The field for the text of an error page stands open below the line that asks for it for as long as no answer has come.
function offer() {
  if (state === "data-awaited") {
    explain.hidden = false;
    explain.open = true;
  } else if (pasted.value === "" && !explain.contains(document.activeElement)) {
    explain.open = false;
    explain.hidden = state === "data-passed";
  }
}
async function look() {
  if (document.hidden || !(state === "data-awaited" || begunAt !== null || isBehind)) {
    return;
  }
  const answer = await fetch(live.dataset.live).catch(() => null);
  if (!answer || !answer.ok) {
    return;
  }
  put(await answer.text());
  if (begunAt !== null && Date.now() - begunAt > 10000) {
    begunAt = null;
  }
  if (state !== known()) {
    state = known();
    offer();
  }
}
for (const form of document.querySelectorAll("[data-begins]")) {
  form.addEventListener("submit", () => { begunAt = Date.now(); });
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
