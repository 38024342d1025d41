// Forgets what services that were refused or taken back have left in the browser's storage, which no server can reach.
// The list is the page's; `*` at the end of a name stands for anything.
const list = document.querySelector("[data-forget]");
if (list) {
  const places = { local_storage: "localStorage", session_storage: "sessionStorage" };
  for (const [where, name] of JSON.parse(list.dataset.forget)) {
    try {
      const storage = window[places[where]];
      for (const key of Object.keys(storage)) {
        if (name.endsWith("*") ? key.startsWith(name.slice(0, -1)) : key === name) storage.removeItem(key);
      }
    } catch {
      // storage is switched off: there is nothing to forget
    }
  }
}
