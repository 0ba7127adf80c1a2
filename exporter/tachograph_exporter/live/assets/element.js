// Elements are made from names and text alone: nothing that was received is ever read as HTML.

const SVG = "http://www.w3.org/2000/svg";
const DRAWN = new Set(["svg", "path", "line", "rect", "title"]);

export function make(name, attributes = {}, ...children) {
  const node = DRAWN.has(name) ? document.createElementNS(SVG, name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value != null) node.setAttribute(key, value);
  node.append(...children.map((child) => (child instanceof Node ? child : document.createTextNode(child))));
  return node;
}

export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// What people named may be 10 kB long, or turn the direction of writing: it is shown apart from what stands around it.
export function named(text, max = 120) {
  const shown = text.length > max ? `${text.slice(0, max)}…` : text;
  const node = make("bdi", {}, shown);
  if (shown !== text) node.title = text.slice(0, 1000);
  return node;
}
