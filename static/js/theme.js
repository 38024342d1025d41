// Runs before the first paint: the stored or the system's theme, and the folded menu.
(() => {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");

  const stored = (key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null; // storage is switched off: follow the system
    }
  };

  const apply = () => {
    root.dataset.bsTheme = stored("theme") ?? (system.matches ? "dark" : "light");
    root.dataset.nav = stored("nav") ?? "open";
  };

  apply();
  system.addEventListener("change", apply);
})();
