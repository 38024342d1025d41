// Hotjar, on pages of visitors who agreed.
(() => {
  const { id, script } = document.currentScript.dataset;
  window._hjSettings = { hjid: Number(id), hjsv: 6 };
  window.hj =
    window.hj ||
    function () {
      (window.hj.q = window.hj.q || []).push(arguments);
    };
  document.head.append(Object.assign(document.createElement("script"), { async: true, src: script }));
})();
