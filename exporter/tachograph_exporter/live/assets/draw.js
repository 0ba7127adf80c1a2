// Lines of the last quarter of an hour, as SVG.

import { make, say } from "./element.js";

const WIDTH = 300;
const HEIGHT = 100;

function path(values, top, width, height) {
  let drawn = "";
  let pen = "M";
  const step = width / Math.max(values.length - 1, 1);
  values.forEach((value, index) => {
    if (value == null) {
      pen = "M";
      return;
    }
    const y = height - (Math.min(value, top) / top) * height;
    drawn += `${pen}${(index * step).toFixed(1)} ${y.toFixed(1)}`;
    if (pen === "M") drawn += "h0.01";
    pen = "L";
  });
  return drawn;
}

function niceTop(values) {
  const most = Math.max(...values, 1);
  const size = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 5, 10].map((factor) => factor * size).find((top) => top >= most);
}

export class Chart {
  constructor(parent, { title, names, write, top }) {
    this.write = write;
    this.fixedTop = top;
    this.lines = names.map((_, index) => make("path", { class: `stroke ${index ? "second" : "first"}` }));
    this.area = make("path", { class: "area" });
    const grid = [0, 50, 100].map((y) => make("line", { class: "grid", x1: 0, x2: WIDTH, y1: y, y2: y }));
    this.described = make("title");
    this.limit = make("path", { class: "limit" });
    const parts = [this.described, ...grid, this.area, ...this.lines, this.limit];
    this.values = names.map((name, index) => make("span", { class: index ? "second" : "first" }, name));
    this.names = names;
    this.scale = make("span");
    const svg = make("svg", { class: "chart", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img" }, ...parts);
    parent.append(make("figure", {}, make("figcaption", {}, title, ...this.values), svg,
      make("div", { class: "axes" }, make("span", {}, "15 min ago"), this.scale, make("span", {}, "now"))));
    this.title = title;
  }

  show(lines, latest, limit) {
    const drawn = lines.map((line, index) => [...line, latest[index]]);
    const top = this.fixedTop ?? niceTop(drawn.flat().filter((value) => value != null));
    drawn.forEach((line, index) => this.lines[index].setAttribute("d", path(line, top, WIDTH, HEIGHT)));
    const first = drawn[0].findIndex((value) => value != null);
    const gapless = first >= 0 && drawn[0].slice(first).every((value) => value != null);
    const left = (first * WIDTH) / (drawn[0].length - 1);
    this.area.setAttribute("d", gapless ? `${path(drawn[0], top, WIDTH, HEIGHT)}V${HEIGHT}H${left.toFixed(1)}Z` : "");
    this.names.forEach((name, index) => say(this.values[index], `${name} ${this.write(latest[index])}`.trim()));
    this.limit.setAttribute("d", limit == null ? "" : `M0 ${(1 - limit / top) * HEIGHT}H${WIDTH}`);
    say(this.scale, `top ${this.write(top)}`);
    say(this.described, `${this.title}: ${this.values.map((value) => value.textContent).join(", ")}`);
  }
}

export function spark(values, written) {
  const known = values.filter((value) => value != null);
  const top = Math.max(...known, 1e-9);
  return make("svg", { class: "spark", viewBox: "0 0 100 24", preserveAspectRatio: "none", role: "img" },
    make("title", {}, known.length ? `last 15 minutes, at most ${written(top)}` : "nothing yet"),
    make("path", { class: "stroke first", d: path(values, top, 100, 24) }));
}
