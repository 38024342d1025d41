// What the seal shows on a page: the fields of the fold, and what is sent of them.
const LOGO_PIXELS = 600; // more than the box can show in print
const LOGO_BYTES = 200_000;

let logo = Promise.resolve(null); // of its base64, once the picture has been read

export async function isPdf(file) {
  return /\.pdf$/i.test(file.name) || (await file.slice(0, 5).text()) === "%PDF-";
}

export function showAppearance(form) {
  const { show, shown_page, shown_place } = form.elements;
  form.querySelector("[data-appearance]").hidden = !show.checked;
  form.querySelector("[data-other-page]").hidden = shown_page.value !== "";
  form.querySelector("[data-place]").hidden = shown_place.value === "";
  form.querySelector("[data-box]").hidden = shown_place.value !== "";
}

export async function appearanceOf(form) {
  const fields = form.elements;
  if (!fields.show.checked) return null;
  const number = (name) => fields[name].valueAsNumber;
  const place = fields.shown_place.value;
  const chosen = {
    page: fields.shown_page.value ? Number(fields.shown_page.value) : number("shown_number"),
    ...(place ? { place, size: JSON.parse(fields.shown_size.value) } : { box: ["shown_x", "shown_y", "shown_width", "shown_height"].map(number) }),
    text: fields.shown_text.value,
    qr: fields.shown_qr.checked,
  };
  const read = await logo;
  return JSON.stringify(read ? { ...chosen, logo: read } : chosen);
}

// A logo is redrawn here, so that any camera's photograph is small enough.
export function chooseLogo(input, error) {
  error.hidden = true;
  const [file] = input.files;
  logo = file ? smallPicture(file).catch(() => refuse(input, error)) : Promise.resolve(null);
}

function refuse(input, error) {
  input.value = "";
  error.textContent = gettext("The browser cannot read this picture. Choose a PNG or JPEG.");
  error.hidden = false;
  return null;
}

async function smallPicture(file) {
  const bitmap = await createImageBitmap(file);
  const scale = Math.min(1, LOGO_PIXELS / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const context = canvas.getContext("2d");
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  let blob = await encoded(canvas, "image/png");
  if (blob.size > LOGO_BYTES) {
    context.globalCompositeOperation = "destination-over";
    context.fillStyle = "white";
    context.fillRect(0, 0, canvas.width, canvas.height);
    blob = await encoded(canvas, "image/jpeg", 0.85);
  }
  return inBase64(blob);
}

const encoded = (canvas, type, quality) => new Promise((resolve) => canvas.toBlob(resolve, type, quality));

async function inBase64(blob) {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}
