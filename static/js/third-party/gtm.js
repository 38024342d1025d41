// Google Tag Manager, on pages of visitors who agreed (consent mode, basic). There is no advertising here, so that is
// refused for good.
(() => {
  const { script } = document.currentScript.dataset;
  window.dataLayer = window.dataLayer || [];
  function gtag() {
    window.dataLayer.push(arguments);
  }
  gtag("consent", "default", {
    ad_storage: "denied",
    ad_user_data: "denied",
    ad_personalization: "denied",
    analytics_storage: "granted",
    functionality_storage: "denied",
    personalization_storage: "denied",
    security_storage: "granted",
  });
  window.dataLayer.push({ "gtm.start": Date.now(), event: "gtm.js" });
  document.head.append(Object.assign(document.createElement("script"), { async: true, src: script }));
})();
