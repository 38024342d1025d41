// Small behaviours bound by data- attributes; every page works without them.
const root = document.documentElement;

const store = (key, value) => {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // storage is switched off: the choice holds for this page only
  }
};

const themeButton = document.querySelector("[data-theme-toggle]");
if (themeButton) {
  const label = () => {
    const dark = root.dataset.bsTheme === "dark";
    themeButton.setAttribute("aria-label", dark ? themeButton.dataset.labelLight : themeButton.dataset.labelDark);
  };
  themeButton.addEventListener("click", () => {
    const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    const chosen = root.dataset.bsTheme === "dark" ? "light" : "dark";
    root.dataset.bsTheme = chosen;
    store("theme", chosen === system ? null : chosen);
    label();
  });
  themeButton.hidden = false;
  label();
}

const navButton = document.querySelector("[data-nav-toggle]");
if (navButton) {
  const show = () => navButton.setAttribute("aria-expanded", String(root.dataset.nav !== "folded"));
  navButton.addEventListener("click", () => {
    const folded = root.dataset.nav !== "folded";
    root.dataset.nav = folded ? "folded" : "open";
    store("nav", folded ? "folded" : null);
    show();
  });
  navButton.hidden = false;
  show();
}

// On a phone the tabs are one row that scrolls: begin where the page is.
for (const current of document.querySelectorAll(".tabs [aria-current]")) {
  const row = current.parentElement;
  row.scrollLeft = current.offsetLeft - row.offsetLeft - (row.clientWidth - current.offsetWidth) / 2;
}

// data-copy="#id" copies that element's text or value and says so in place.
for (const button of document.querySelectorAll("[data-copy]")) {
  const text = button.querySelector("[data-copy-label]");
  const before = text.textContent;
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    const source = document.querySelector(button.dataset.copy);
    await navigator.clipboard.writeText(source.value ?? source.textContent.trim());
    text.textContent = button.dataset.copied;
    setTimeout(() => (text.textContent = before), 2000);
  });
}

// data-dialog="id" opens a <dialog>; inside it, [data-close] closes it.
for (const button of document.querySelectorAll("[data-dialog]")) {
  const dialog = document.getElementById(button.dataset.dialog);
  button.addEventListener("click", () => dialog.showModal());
  dialog.querySelector("[data-close]")?.addEventListener("click", () => dialog.close());
}

// data-expect="name": the form's submit button wakes up once the named thing has been typed.
for (const input of document.querySelectorAll("input[data-expect]")) {
  const submit = input.form.querySelector("[type=submit]");
  const check = () => (submit.disabled = input.value.trim() !== input.dataset.expect);
  input.addEventListener("input", check);
  check();
}

// A form that has been sent is not sent twice.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.method !== "post") return;
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "true";
});
addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent));

document.querySelector("[data-error-summary]")?.focus();
