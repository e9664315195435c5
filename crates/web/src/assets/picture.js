// Takes a picture into the field for its text, by its address `data:`. Without it the text is pasted.
"use strict";
for (const part of document.querySelectorAll("[data-file]")) {
  part.hidden = false;
}
for (const input of document.querySelectorAll("[data-picture]")) {
  input.addEventListener("change", () => {
    const reader = new FileReader();
    reader.addEventListener("load", () => { document.getElementById(input.dataset.picture).value = reader.result; });
    if (input.files[0]) {
      reader.readAsDataURL(input.files[0]);
    }
  });
}
