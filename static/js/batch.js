// A batch's page: looks again until everything has reached its end, and replaces only what has changed.
const PAUSE_MILLISECONDS = 2_000;

const isFinished = () => document.querySelector("#batch-actions a") !== null || document.querySelector("#batch-notice > *") === null;

async function look() {
  try {
    const response = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (response.redirected) return location.reload(); // signed out meanwhile
    if (response.ok) show(new DOMParser().parseFromString(await response.text(), "text/html"));
  } catch {
    // the connection may come back
  }
  if (!isFinished()) setTimeout(look, PAUSE_MILLISECONDS);
}

function show(fresh) {
  const [here, there] = [document, fresh].map((page) => page.getElementById("batch-items"));
  if (here.rows?.length !== there.rows?.length) (here.closest("table") ?? here).replaceWith(there.closest("table") ?? there);
  for (const part of document.querySelectorAll("[data-fresh]")) {
    const now = fresh.getElementById(part.id);
    if (now && now.innerHTML !== part.innerHTML) part.innerHTML = now.innerHTML;
  }
}

setTimeout(look, PAUSE_MILLISECONDS);
