// The list of documents: choosing all, and buttons that wake up with the first choice. htmx replaces the list, so
// everything is found again each time; what was chosen and is still listed stays chosen.
const boxes = (form) => [...form.querySelectorAll("input[name=seal]")];

const show = (form) => {
  const all = form.querySelector("[data-choose-all]");
  if (!all) return;
  const chosen = boxes(form).filter((box) => box.checked).length;
  const whole = all.querySelector("input");
  all.hidden = false;
  whole.checked = chosen === boxes(form).length;
  whole.indeterminate = chosen > 0 && !whole.checked;
  const told = form.querySelector("[data-chosen]");
  told.textContent = chosen ? told.dataset.some.replace("#", chosen) : told.dataset.none;
  for (const button of form.querySelectorAll("[data-needs-choice]")) button.disabled = !chosen;
};

const showAll = () => document.querySelectorAll("[data-selection]").forEach(show);

document.addEventListener("change", (event) => {
  const form = event.target.closest("[data-selection]");
  if (!form) return;
  if (event.target.closest("[data-choose-all]")) {
    for (const box of boxes(form)) box.checked = event.target.checked;
  }
  show(form);
});
let kept = new Set();
document.addEventListener("htmx:beforeSwap", () => {
  kept = new Set([...document.querySelectorAll("[data-selection] input[name=seal]:checked")].map((box) => box.value));
});
document.addEventListener("htmx:afterSwap", () => {
  for (const box of document.querySelectorAll("[data-selection] input[name=seal]")) box.checked ||= kept.has(box.value);
  showAll();
});
addEventListener("pageshow", showAll);
showAll();
