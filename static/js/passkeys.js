// allauth reports a refused or failed passkey as an event; show it beside the form instead of in the console.
const place = document.querySelector("[data-passkey-error]");
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  const cancelled = event.detail.exception?.name === "NotAllowedError";
  place.querySelector(".notice__text").textContent = cancelled ? place.dataset.cancelled : place.dataset.failed;
  place.hidden = false;
});
