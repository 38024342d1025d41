// The verify page: a chosen or dropped file is sent at once. Without this script the form has a button.
const form = document.querySelector("[data-verifier]");
const input = form.elements.file;
const drop = form.querySelector("[data-drop]");
const wait = form.querySelector("[data-wait]");

const carriesFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
let depth = 0; // dragenter and dragleave come for every child, too

form.addEventListener("submit", () => {
  wait.textContent = wait.dataset.text;
  form.querySelector("[data-submit]").disabled = true;
});
input.addEventListener("change", () => input.files.length && form.requestSubmit());

document.addEventListener("dragenter", (event) => {
  if (carriesFiles(event)) drop.classList.toggle("drop--over", ++depth > 0);
});
document.addEventListener("dragleave", (event) => {
  if (carriesFiles(event)) drop.classList.toggle("drop--over", --depth > 0);
});
document.addEventListener("dragover", (event) => carriesFiles(event) && event.preventDefault());
document.addEventListener("drop", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  depth = 0;
  drop.classList.remove("drop--over");
  const one = new DataTransfer();
  one.items.add(event.dataTransfer.files[0]);
  input.files = one.files;
  form.requestSubmit();
});

// Coming back by the browser's own button finds a form that can be used again.
window.addEventListener("pageshow", () => {
  wait.textContent = "";
  form.querySelector("[data-submit]").disabled = false;
});
document.getElementById("verdict-title")?.focus({ preventScroll: false });
