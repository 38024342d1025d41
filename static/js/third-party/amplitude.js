// Amplitude in its European zone, on pages of visitors who agreed: pages and visits, and nothing that is typed.
(() => {
  const { id, script } = document.currentScript.dataset;
  const code = Object.assign(document.createElement("script"), { async: true, src: script });
  code.addEventListener("load", () => {
    window.amplitude.init(id, {
      serverZone: "EU",
      autocapture: { attribution: false, pageViews: true, sessions: true, formInteractions: false, fileDownloads: false },
    });
  });
  document.head.append(code);
})();
