// Copy buttons, where the browser lets a page copy. Without this, the fields can be selected.
if (navigator.clipboard) {
  const told = document.createElement("p");
  told.setAttribute("role", "status");
  told.className = "hint";
  for (const button of document.querySelectorAll(".copy button")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const field = button.parentElement.querySelector("input");
      field.select();
      await navigator.clipboard.writeText(field.value);
      button.parentElement.after(told);
      told.textContent = "";
      requestAnimationFrame(() => { told.textContent = "Copied."; });
    });
  }
}
