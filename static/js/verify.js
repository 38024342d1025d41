// The verify page: a chosen or dropped file is sent at once; a signature that lies apart waits for its document.
// Without this script the form has a button.
const form = document.querySelector("[data-verifier]");
const input = form.elements.file;
const signed = form.elements.document;
const apart = form.querySelector("[data-apart]");
const drop = form.querySelector("[data-drop]");
const wait = form.querySelector("[data-wait]");

const isApart = (file) => /\.(p7s|tst)$/i.test(file?.name ?? "");
const put = (target, file) => {
  const one = new DataTransfer();
  one.items.add(file);
  target.files = one.files;
};
const send = () => {
  if (isApart(input.files[0]) && !signed.files.length) {
    apart.open = true;
    signed.focus();
  } else if (input.files.length) {
    form.requestSubmit();
  }
};
const carriesFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
let depth = 0; // dragenter and dragleave come for every child, too

form.addEventListener("submit", () => {
  wait.textContent = wait.dataset.text;
  form.querySelector("[data-submit]").disabled = true;
});
input.addEventListener("change", send);
signed.addEventListener("change", send);

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
  const files = [...event.dataTransfer.files].slice(0, 2);
  const waiting = isApart(input.files[0]) && !files.some(isApart);
  const signature = waiting ? undefined : (files.find(isApart) ?? files[0]);
  const document_ = files.find((file) => file !== signature);
  if (signature) put(input, signature);
  if (document_ && isApart(input.files[0])) put(signed, document_);
  send();
});

// Coming back by the browser's own button finds a form that can be used again.
window.addEventListener("pageshow", () => {
  wait.textContent = "";
  form.querySelector("[data-submit]").disabled = false;
});
document.getElementById("verdict-title")?.focus({ preventScroll: false });
