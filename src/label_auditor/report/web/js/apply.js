// The last step, as it is to be typed.

import { applyCommand, applyPlace } from "./data.js";
import { $, announce } from "./dom.js";

export function bindApply() {
  $("apply").textContent = applyCommand;
  $("apply-in").textContent = applyPlace;
  $("copy").addEventListener("click", copy);
}

async function copy() {
  try {
    await navigator.clipboard.writeText(applyCommand);
    $("copy").textContent = "Copied";
    announce("Copied.");
    setTimeout(() => ($("copy").textContent = "Copy"), 2000);
  } catch {
    getSelection().selectAllChildren($("apply")); // forbidden: one key is left to press
    announce("Selected. Press Ctrl+C to copy.");
    $("copy").textContent = "Selected: press Ctrl+C";
  }
}
