// The tables of calls: sorted, filtered, and brought up to date cell by cell.

import { spark } from "./draw.js";
import { make, named, say } from "./element.js";
import { count, dollars, perSecond, ratio, seconds } from "./format.js";

const SHOWN = 20;
const KINDS = { llm: "LLM", db: "database", cache: "cache", operation: "other operations", own: "own code" };

const text = (field, title, extra = {}) => ({ field, title, kind: "name", ...extra });
const figure = (field, title, write, extra = {}) => ({ field, title, write, kind: "number", ...extra });
const RATE = [figure("calls_per_second", "Calls", perSecond), { field: "rate", title: "Rate", kind: "spark", write: perSecond, wide: true }];
const TIMES = [figure("p50_seconds", "p50", seconds, { wide: true }), figure("p95_seconds", "p95", seconds),
  { field: "p95", title: "p95 drawn", kind: "spark", write: seconds, wide: true }];
const ERRORS = figure("error_ratio", "Errors", ratio, { bad: 0.01 });
const SERVICE = text("service", "Service", { wide: true });

const TABLES = {
  operations: { title: "Operations", empty: "No operation was measured yet. Decorate one with @tachograph.operation.", columns: [
    text("operation", "Operation", { head: true }), SERVICE, ...RATE, ...TIMES, ERRORS,
    figure("active", "Active", count, { wide: true }), figure("cost_usd", "Cost", dollars, { wide: true }), { field: "own_seconds", title: "Where the time goes", kind: "shares", wide: true }] },
  llm: { title: "LLM", empty: "No call of a model yet.", columns: [
    text("model", "Model", { head: true }), text("provider", "Provider", { wide: true }), SERVICE, ...RATE, ...TIMES, ERRORS,
    figure("input_tokens", "Tokens in", count, { wide: true }), figure("output_tokens", "out", count, { wide: true }),
    figure("cost_usd", "Cost", dollars)] },
  database: { title: "Database", empty: "No call of a database yet.", columns: [
    text("operation", "Query", { head: true, join: "collection" }), text("system", "System", { wide: true }), SERVICE,
    ...RATE, ...TIMES, ERRORS, figure("rows", "Rows", count, { wide: true })] },
  cache: { title: "Cache", empty: "No request to a cache yet.", columns: [
    text("cache", "Cache", { head: true }), text("level", "Level"), SERVICE, ...RATE, figure("hit_ratio", "Hits", ratio),
    figure("p50_seconds", "p50", seconds, { wide: true }), figure("p95_seconds", "p95", seconds, { wide: true }),
    figure("saved_seconds", "Time saved", seconds), figure("saved_usd", "Cost saved", dollars, { wide: true }),
    figure("misses", "Misses", count, { wide: true }), figure("entries", "Entries", count, { wide: true }),
    figure("max_entries", "of", count, { wide: true }), figure("evictions", "Evicted", count, { wide: true })] },
};

class Table {
  constructor(parent, name, { title, columns, empty }) {
    Object.assign(this, { name, columns, empty, rows: new Map(), sparks: new Map(), made: new Map(), all: false });
    this.sort = { field: null, up: false };
    const id = `table-${name}`;
    this.filter = make("input", { type: "search", autocomplete: "off", spellcheck: "false" });
    this.filter.addEventListener("input", () => this.render());
    this.heads = columns.map((column) => this.head(column));
    this.body = make("tbody");
    this.more = make("button", { type: "button", class: "more" });
    this.more.addEventListener("click", () => { this.all = !this.all; this.render(); });
    this.none = make("p", { class: "note" }, empty);
    this.scroll = make("div", { class: "scroll", tabindex: 0, role: "group", "aria-labelledby": id },
      make("table", { "aria-labelledby": id }, make("thead", {}, make("tr", {}, ...this.heads)), this.body), this.more);
    this.found = make("small");
    parent.append(make("section", { "aria-labelledby": id, id: name },
      make("div", { class: "titled" }, make("h2", { id }, `${title} `, make("small", { class: "wide" }, "last 5 minutes "), this.found), make("label", {}, "Filter ", this.filter)),
      this.none, this.scroll));
  }

  head(column) {
    const kind = { name: "", spark: "", shares: "" }[column.kind] ?? "number";
    const button = make("button", { type: "button" }, column.title);
    button.addEventListener("click", () => {
      this.sort = { field: column.field, up: this.sort.field === column.field ? !this.sort.up : column.kind === "name" };
      this.render();
    });
    const inner = column.kind === "spark" ? column.title : button;
    return make("th", { scope: "col", class: `${kind} ${column.wide ? "wide" : ""}`.trim() }, inner);
  }

  render() {
    const wanted = this.filter.value.toLowerCase();
    const rows = [...this.rows.values()].filter((row) => !wanted || this.words(row).includes(wanted));
    rows.sort((one, other) => this.compare(one, other));
    const shown = this.all ? rows : rows.slice(0, SHOWN);
    this.none.hidden = this.rows.size > 0;
    this.scroll.hidden = this.filter.parentNode.hidden = this.rows.size === 0;
    say(this.found, this.rows.size > SHOWN || wanted ? `${rows.length} of ${this.rows.size}` : "");
    this.more.hidden = rows.length <= SHOWN;
    say(this.more, this.all ? `Show the first ${SHOWN}` : `Show all ${rows.length}`);
    this.columns.forEach(({ field }, index) => {
      const order = field === this.sort.field ? (this.sort.up ? "ascending" : "descending") : "none";
      this.heads[index].setAttribute("aria-sort", order);
    });
    this.place(shown.map((row) => this.line(row)));
  }

  place(lines) {
    lines.forEach((line, index) => {
      if (this.body.children[index] !== line) this.body.insertBefore(line, this.body.children[index] ?? null);
    });
    while (this.body.children.length > lines.length) this.body.lastChild.remove();
  }

  words(row) {
    return this.columns.filter(({ kind }) => kind === "name").map((one) => `${row[one.field]} ${row[one.join] ?? ""}`).join(" ").toLowerCase();
  }

  compare(one, other) {
    const { field, up } = this.sort;
    const key = (row) => (field ? row[field] : (row.average_seconds ?? 1e-9) * row.calls) ?? -1;
    const [a, b] = [key(one), key(other)];
    const order = typeof a === "string" ? a.localeCompare(b) : a - b;
    return (up ? order : -order) || (one.id < other.id ? -1 : 1);
  }

  line(row) {
    let made = this.made.get(row.id);
    if (!made) {
      const cells = this.columns.map((column) => make(column.head ? "th" : "td",
        { class: `${column.kind} ${column.wide ? "wide" : ""}`.trim(), scope: column.head ? "row" : null }));
      made = { line: make("tr", {}, ...cells), cells, row: null, sparks: null };
      this.made.set(row.id, made);
    }
    const sparks = this.sparks.get(row.id);
    if (made.row !== row) this.columns.forEach((column, index) => this.fill(made.cells[index], column, row));
    if (made.sparks !== sparks && sparks) this.columns.forEach((column, index) => {
      if (column.kind === "spark") made.cells[index].replaceChildren(spark(sparks[column.field], column.write));
    });
    Object.assign(made, { row, sparks });
    return made.line;
  }

  fill(cell, column, row) {
    const value = row[column.field];
    if (column.kind === "number") {
      say(cell, column.write(value));
      cell.classList.toggle("bad", column.bad !== undefined && value > column.bad);
    } else if (column.kind === "name" && !cell.hasChildNodes()) {
      cell.append(named([value, row[column.join]].filter(Boolean).join(" ") || "–"));
    } else if (column.kind === "shares") {
      this.shares(cell, row);
    }
  }

  shares(cell, row) {
    const parts = Object.keys(KINDS).map((kind) => [kind, row[`${kind}_seconds`] ?? 0]);
    const total = parts.reduce((sum, [, value]) => sum + value, 0);
    if (!total) {
      say(cell, "–");
      return;
    }
    const said = parts.filter(([, value]) => value > 0).map(([kind, value]) => `${KINDS[kind]} ${ratio(value / total)}`).join(", ");
    const bar = make("div", { class: "shares", role: "img", "aria-label": said, title: said });
    for (const [kind, value] of parts) {
      const piece = make("i", { class: `of-${kind}` });
      piece.style.width = `${(100 * value) / total}%`;
      bar.append(piece);
    }
    cell.replaceChildren(bar);
  }
}

export class Tables {
  constructor(parent) {
    this.tables = Object.fromEntries(Object.entries(TABLES).map(([name, table]) => [name, new Table(parent, name, table)]));
    this.touched = new Set();
  }

  clear() {
    for (const table of Object.values(this.tables)) for (const map of [table.rows, table.sparks, table.made]) map.clear();
    this.touched = new Set(Object.keys(this.tables));
  }

  // A part is called row:operations/12 or spark:operations/12; null says that it is gone.
  take(part, value) {
    const [kind, id] = part.split(":");
    const table = this.tables[id.split("/")[0]];
    const map = kind === "row" ? table.rows : table.sparks;
    if (value === null) {
      map.delete(id);
      table.made.delete(id);
    } else map.set(id, value);
    this.touched.add(table.name);
  }

  render() {
    for (const name of this.touched) this.tables[name].render();
    this.touched.clear();
  }
}
