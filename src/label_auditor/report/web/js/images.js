// Images of the rows. The page holds them as text; only those on show become pictures.

import { ids, images, texts } from "./data.js";
import { el } from "./dom.js";

const SMALL = /^data:image\/png;/; // few pixels, which are shown large

/** Whether there is nothing to read beside the image. */
export const isOnlyImage = (row) =>
  images !== null && images[row] !== null && texts.every((column) => column[row] === "");

/** The image of a row, for its card. */
export function drawImage(row) {
  if (images === null) return [];
  if (images[row] === null) return [el("p", { class: "empty" }, "no image")];
  const src = images[row];
  const name = SMALL.test(src) ? "picture small" : "picture";
  return [el("img", { class: name, src, alt: `Image of row ${ids[row]}`, decoding: "async" })];
}

/** The image of a row, for the list. */
export function drawThumbnail(row) {
  if (images === null) return null;
  const box = el("span", { class: "thumbnail" });
  if (images[row] !== null) {
    box.append(el("img", { src: images[row], alt: "", loading: "lazy", decoding: "async" }));
  }
  return box;
}
