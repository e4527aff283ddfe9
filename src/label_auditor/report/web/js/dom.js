// The page's elements. All that comes from the data goes through text nodes, never through markup.

export const $ = (id) => document.getElementById(id);

/** An element with attributes, listeners (`onclick: …`), and children: nodes or strings. */
export function el(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** The same in SVG. */
export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== ""));
  return element;
}

/** A label or text of the data: in its own direction, in no known language. */
export function foreign(text, name = "bdi") {
  return el("bdi", { class: name, lang: "" }, text);
}

/** The same, where a name that is too long for its line may break after an underscore. */
export function breakable(text, name = "bdi") {
  const parts = text.split(/(?<=_)(?=[^_])/);
  return el("bdi", { class: name, lang: "" }, ...parts.flatMap((part) => [part, el("wbr")]));
}

/** Say something to people who listen to the page. */
export function announce(message) {
  $("live").textContent = message;
}

let fading = 0;

/** Show a message for a while; with a button, if there is something to do about it. */
export function toast(message, action = null) {
  const box = $("toast");
  box.replaceChildren(message);
  if (action) {
    const done = () => {
      box.hidden = true;
      action.run();
    };
    box.append(" ", el("button", { type: "button", class: "quiet", onclick: done }, action.name));
  }
  box.hidden = false;
  announce(message);
  clearTimeout(fading);
  fading = setTimeout(() => (box.hidden = true), 6000);
}

const numbers = new Intl.NumberFormat("en");

export const count = (n) => numbers.format(n);

export const plural = (n, one, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;

/** A probability or share; what isn't quite 0 or 1 doesn't look so. */
export function percent(share) {
  if (Number.isNaN(share)) return "–";
  if (share === 0) return "0%";
  if (share > 0 && share < 0.001) return "< 0.1%";
  if (share < 1 && share > 0.999) return "> 99.9%";
  return `${(share * 100).toFixed(share < 0.1 || (share > 0.99 && share < 1) ? 1 : 0)}%`;
}

/** A score, with as many digits as tell it apart. */
export function score(value) {
  if (Number.isNaN(value)) return "not judged";
  return value > 0 && value < 0.001 ? "< 0.001" : value.toFixed(3);
}
