// The seal page: many files, at most three on their way at once, each with its own true progress. Several together are
// a batch, which the server knows, too: it goes on when this page is gone.
// gettext, ngettext and interpolate come from Django's JavaScript catalogue.
import { MAX_BYTES as MAX_DIGEST_BYTES, isAvailable as canDigest, sha256InBase64 } from "./digest.js";

import { appearanceOf, chooseLogo, isPdf, showAppearance } from "./appearance.js";

const AT_ONCE = 3;
const POLL_MILLISECONDS = 700;
const POLLED_AT_ONCE = 50; // an address has 4 kB; what was sent first is finished first
const OPTIONS = ["mode", "level", "container", "reason", "location", "reference"];
const NOT_IN_DETACHED = new Set(["reason", "location"]); // a detached seal has no place for them
const FINAL = new Set(["sealed", "refused", "failed"]);
const STEP = { sending: 0, queued: 0, sealing: 1, waiting_for_timestamp: 2, sealed: 3 };

const form = document.querySelector("[data-sealer]");
const find = (name, within = form) => within.querySelector(`[data-${name}]`);
const rowTemplate = document.querySelector("template[data-row]");
const language = document.documentElement.lang;
const money = (amount) => new Intl.NumberFormat(language, { style: "currency", currency: "EUR", maximumFractionDigits: 6 }).format(amount);
const counted = (words, n) => interpolate(words, { n: n.toLocaleString(language) }, true);

const rows = new Map(); // key -> {file, key, state, id, batch, startedAt, element}
let batch = null; // {opened: promise of it or null, id, page, content, closed}
let sending = 0;
let polling = null;

const inState = (...states) => [...rows.values()].filter((row) => states.includes(row.state));
const unfinished = () => [...rows.values()].filter((row) => row.id && !FINAL.has(row.state));
const isLive = () => form.elements.mode.value === "live";
const keepsHere = () => form.elements.keep.checked;
const tooLarge = (file) => file.size > (keepsHere() ? MAX_DIGEST_BYTES : Number(form.dataset.maxBytes));

function size(bytes) {
  const [value, unit] = bytes < 1e3 ? [bytes, "byte"] : bytes < 1e6 ? [bytes / 1e3, "kilobyte"] : [bytes / 1e6, "megabyte"];
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: unit === "byte" ? "long" : "short", maximumFractionDigits: value < 10 ? 1 : 0 }).format(value);
}

function wordsOf(row) {
  switch (row.state) {
    case "ready":
      return "";
    case "waiting":
      return gettext("Waiting its turn");
    case "sending":
      return row.options.keep ? gettext("Computing its digest, here") : gettext("Sending");
    case "queued":
      return gettext("Checking the document and the certificate");
    case "sealing":
      return row.step === "timestamp" ? gettext("Getting the timestamp") : gettext("Sealing");
    case "waiting_for_timestamp":
      return gettext("Waiting for the timestamp authority (their outage, not yours)");
    case "sealed":
      return interpolate(row.unshown ? gettext("Sealed in %s s, without a box on the page: it is no PDF") : gettext("Sealed in %s s"), [
        row.seconds.toLocaleString(language, { maximumFractionDigits: 1 }),
      ]);
    default:
      return row.detail;
  }
}

function showRow(row) {
  const { element, state } = row;
  const harm = state === "refused" || state === "failed";
  element.dataset.state = harm ? "harm" : state;
  find("text", element).textContent = wordsOf(row);
  find("code", element).textContent = row.code ?? "";
  find("code", element).hidden = !harm || !row.code;
  find("spinner", element).hidden = !["sending", "queued", "sealing"].includes(state);
  element.querySelector('[data-sign="sealed"]').hidden = state !== "sealed";
  element.querySelector('[data-sign="harm"]').hidden = !harm;
  element.querySelector('[data-sign="wait"]').hidden = state !== "waiting_for_timestamp";
  find("remove", element).hidden = state !== "ready" && !harm;
  find("retry", element).hidden = !row.mayRetry;
  const download = find("download", element);
  download.hidden = state !== "sealed";
  if (row.links?.content) download.href = row.links.content;
  element.querySelectorAll(".track > li").forEach((segment, index) => {
    const reached = STEP[state] ?? (harm ? (row.reached ?? 0) : -1);
    segment.className = index < reached ? "track--done" : index === reached && !harm ? "track--now" : "";
  });
}

function showPrice(ready) {
  const place = find("price");
  if (!isLive()) {
    place.textContent = gettext("Test seals are free.");
    return;
  }
  if (!("hasPlan" in form.dataset)) {
    place.textContent = gettext("No plan is chosen: live seals need one.");
    return;
  }
  const left = Math.max(Number(form.dataset.remaining) - inState("waiting", "sending", "queued", "sealing", "waiting_for_timestamp", "sealed").length, 0);
  const beyond = Math.max(ready - left, 0);
  const quota = counted(ngettext("%(n)s seal left this month.", "%(n)s seals left this month.", left), left);
  const price = interpolate(
    ngettext("%(n)s is beyond the plan: %(price)s without VAT.", "%(n)s are beyond the plan: %(price)s without VAT.", beyond),
    { n: beyond.toLocaleString(language), price: money(beyond * Number(form.dataset.unitPrice)) },
    true,
  );
  place.textContent = beyond ? `${quota} ${price}` : quota;
}

function showAll() {
  const ready = inState("ready").length;
  const asked = [...rows.values()].filter((row) => row.state !== "ready").length;
  const sealed = inState("sealed").length;
  const failed = inState("refused", "failed").length;
  find("go").hidden = !ready;
  find("submit").textContent = counted(ngettext("Seal %(n)s document", "Seal %(n)s documents", ready), ready);
  showPrice(ready);

  const progress = find("progress");
  progress.hidden = !asked;
  find("bar").max = asked || 1;
  find("bar").value = sealed + failed;
  const words = interpolate(gettext("%(sealed)s of %(asked)s sealed"), { sealed: sealed.toLocaleString(language), asked: asked.toLocaleString(language) }, true);
  const unsealed = counted(ngettext("%(n)s not sealed, and not charged", "%(n)s not sealed, and not charged", failed), failed);
  const trouble = failed ? ` · ${unsealed}` : "";
  find("count").textContent = words + trouble;
  if (asked && find("live").textContent !== words + trouble) find("live").textContent = words + trouble;

  showBatch();
  find("choice").textContent = ["mode", "level", "keep", "show"].map((name) => form.querySelector(`[name=${name}]:checked`)?.dataset.label).filter(Boolean).join(", ");
}

function showBatch() {
  const { page, content, closed } = batch ?? {};
  const own = [...rows.values()].filter((row) => row.batch && row.batch === batch);
  const sealed = own.filter((row) => row.state === "sealed").length;
  const ended = closed && own.every((row) => FINAL.has(row.state));
  const words =
    sealed === own.length
      ? ngettext("Download %(n)s document (ZIP)", "Download all %(n)s (ZIP)", sealed)
      : ngettext("Download the %(n)s sealed one (ZIP)", "Download the %(n)s sealed ones (ZIP)", sealed);
  find("batch-page").hidden = !page;
  find("download-all").hidden = !ended || !sealed;
  find("download-all-text").textContent = counted(words, sealed);
  if (!page) return;
  find("batch-page").href = page;
  find("download-all").href = content;
}

function change(row, changes) {
  Object.assign(row, changes);
  if (row.state in STEP && row.state !== "sealed") row.reached = STEP[row.state];
  showRow(row);
  showAll();
}

function add(files) {
  for (const file of files) {
    const element = rowTemplate.content.firstElementChild.cloneNode(true);
    const row = { file, element, key: crypto.randomUUID(), state: "ready" };
    rows.set(row.key, row);
    find("name", element).textContent = file.name;
    find("size", element).textContent = size(file.size);
    find("remove-label", element).textContent = interpolate(gettext("Remove %s"), [file.name]);
    find("download", element).setAttribute("aria-label", interpolate(gettext("Download %s, sealed"), [file.name]));
    find("remove", element).addEventListener("click", () => remove(row));
    find("retry", element).addEventListener("click", () => {
      change(row, { state: "waiting", mayRetry: false, code: null });
      sendNext();
    });
    find("rows").append(element);
    change(row, unfitOutcome(file));
  }
}

// What is known before anything is sent.
function unfitOutcome(file) {
  if (!file.size) return { state: "refused", code: "document_empty", detail: gettext("The file is empty. It was not sent.") };
  if (tooLarge(file)) return { state: "refused", code: "document_too_large", detail: gettext("It is larger than what can be sealed. It was not sent.") };
  return {};
}

// What only a file that is sent can have is out of reach while files stay here.
function showKeep() {
  const { keep, show } = form.elements;
  show.disabled = keep.checked;
  if (keep.checked) show.checked = false;
  showAppearance(form);
  for (const name of NOT_IN_DETACHED) form.elements[name].disabled = keep.checked;
}

function remove(row) {
  const next = row.element.nextElementSibling ?? row.element.previousElementSibling;
  rows.delete(row.key);
  row.element.remove();
  (next?.querySelector("[data-remove]:not([hidden])") ?? find("files")).focus();
  showAll();
}

async function problemOf(response) {
  const problem = await response.json().catch(() => ({}));
  const busy = response.status === 429 || response.status >= 500;
  return {
    state: "refused",
    code: problem.errors?.[0]?.code ?? problem.code ?? `http_${response.status}`,
    detail: problem.errors?.[0]?.detail || problem.detail || problem.title || gettext("The server could not take it. It was not charged."),
    mayRetry: busy,
  };
}

const headers = () => ({ "X-CSRFToken": form.elements.csrfmiddlewaretoken.value, Accept: "application/json" });

// Whatever keeps the batch from being opened is said by the documents themselves, which are then sent one by one.
async function openBatch(opening, mode) {
  const response = await fetch(form.dataset.batchesUrl, { method: "POST", body: new URLSearchParams({ mode }), headers: headers() }).catch(() => null);
  if (!response?.ok) return null;
  Object.assign(opening, await response.json());
  showAll();
  return opening;
}

async function closeBatch(closing) {
  if (!closing?.id || closing.closed || inState("waiting", "sending").some((row) => row.batch === closing)) return;
  closing.closed = true; // and nothing is lost if it is not: the server closes it after a while
  await fetch(closing.page, { method: "POST", headers: headers(), keepalive: true }).catch(() => null);
  showAll();
}

async function bodyOf(row) {
  const body = new FormData();
  const opened = await row.batch?.opened;
  if (opened) body.append("batch", opened.id);
  for (const name of OPTIONS) if (!(row.options.keep && NOT_IN_DETACHED.has(name))) body.append(name, row.options[name]);
  if (row.options.keep) {
    body.append("digest", await sha256InBase64(row.file));
    body.append("name", row.file.name);
  } else {
    body.append("file", row.file);
    row.unshown = Boolean(row.options.appearance) && !(await isPdf(row.file));
    if (row.options.appearance && !row.unshown) body.append("appearance", row.options.appearance);
  }
  return body;
}

async function send(row) {
  let body;
  try {
    body = await bodyOf(row);
  } catch {
    return change(row, { state: "failed", code: "file_unreadable", mayRetry: true, detail: gettext("The browser could not read the file. Nothing was sent.") });
  }
  try {
    const response = await fetch(form.action, {
      method: "POST",
      body,
      headers: { ...headers(), "Idempotency-Key": row.key },
    });
    if (!response.ok) {
      const problem = await problemOf(response);
      if (problem.code !== "batch_closed") return change(row, problem);
      row.batch = null; // it was away for too long: sealed by itself
      return send(row);
    }
    change(row, outcome(row, await response.json()));
    startPolling();
  } catch {
    // The same idempotency key goes with the next attempt: what did arrive is not sealed twice.
    change(row, { state: "failed", code: "connection_lost", mayRetry: true, detail: gettext("The connection was lost. Nothing is charged twice if you try again.") });
  }
}

async function sendNext() {
  while (sending < AT_ONCE) {
    const row = inState("waiting")[0];
    if (!row) return;
    sending += 1;
    change(row, { state: "sending", startedAt: row.startedAt ?? performance.now() });
    send(row).finally(() => {
      sending -= 1;
      sendNext();
      closeBatch(row.batch);
    });
  }
}

function outcome(row, item) {
  const changes = { id: item.id, state: item.status, step: item.step, links: item.links };
  if (item.status === "sealed") changes.seconds = (performance.now() - row.startedAt) / 1000;
  if (item.failure) Object.assign(changes, { code: item.failure.code, detail: item.failure.detail });
  return changes;
}

function startPolling() {
  polling ??= setTimeout(poll, POLL_MILLISECONDS);
}

async function poll() {
  const waiting = unfinished().slice(0, POLLED_AT_ONCE);
  try {
    const response = await fetch(`${form.dataset.statusUrl}?ids=${waiting.map((row) => row.id).join(",")}`, { headers: { Accept: "application/json" } });
    const { items } = response.ok ? await response.json() : { items: [] };
    for (const item of items) {
      const row = waiting.find((candidate) => candidate.id === item.id);
      if (row) change(row, outcome(row, item));
    }
  } catch {
    // the next round asks again
  }
  polling = null;
  if (unfinished().length) startPolling();
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const options = Object.fromEntries(OPTIONS.map((name) => [name, form.elements[name].value]));
  options.keep = keepsHere();
  const wasReadable = find("logo-error").hidden;
  options.appearance = await appearanceOf(form);
  if (wasReadable && !find("logo-error").hidden) return; // nothing is sealed without the logo that was asked for
  const fitting = inState("ready").filter((row) => !unfitOutcome(row.file).state);
  if (fitting.length > 1) {
    batch = {};
    batch.opened = openBatch(batch, options.mode);
  }
  const own = fitting.length > 1 ? batch : null;
  for (const row of inState("ready")) change(row, { state: "waiting", options, batch: own, ...unfitOutcome(row.file) });
  sendNext();
});

find("files").addEventListener("change", (event) => {
  add(event.target.files);
  event.target.value = "";
  if (inState("ready").length) find("submit").focus();
});

form.elements.shown_logo.addEventListener("change", (event) => chooseLogo(event.target, find("logo-error")));

find("clear").addEventListener("click", () => {
  for (const row of inState("ready")) {
    rows.delete(row.key);
    row.element.remove();
  }
  find("files").focus();
  showAll();
});

form.addEventListener("change", () => {
  showKeep();
  showAll();
});

let depth = 0; // dragenter and dragleave come for every child, too
const carriesFiles = (event) => [...event.dataTransfer.types].includes("Files");
document.addEventListener("dragenter", (event) => {
  if (carriesFiles(event)) find("drop").classList.toggle("drop--over", ++depth > 0);
});
document.addEventListener("dragleave", (event) => {
  if (carriesFiles(event)) find("drop").classList.toggle("drop--over", --depth > 0);
});
document.addEventListener("dragover", (event) => carriesFiles(event) && event.preventDefault());
document.addEventListener("drop", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  depth = 0;
  find("drop").classList.remove("drop--over");
  add(event.dataTransfer.files);
});

// What the server has accepted goes on without this page; what it has not would be lost.
addEventListener("beforeunload", (event) => {
  if (inState("waiting", "sending").length) event.preventDefault();
});

form.elements.keep.disabled = !canDigest();
showKeep();
showAll();
