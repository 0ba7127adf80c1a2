// The recent and the slowest traces, and the waterfall of the one that is chosen.

import { make, named } from "./element.js";
import { clock, seconds } from "./format.js";

const SPANS = 200;

export class Traces {
  constructor(parent, waterfall) {
    this.waterfall = waterfall;
    this.waterfall.addEventListener("keydown", ({ key }) => key === "Escape" && this.close());
    this.lists = Object.fromEntries([["recent", "Recent"], ["slowest", "Slowest of each operation"]].map(([name, title]) => {
      const body = make("tbody");
      const heads = ["Operation", "Service", "Took", "Spans", "At"].map((head, index) =>
        make("th", { scope: "col", class: index === 2 || index === 3 ? "number" : index === 1 ? "wide" : null }, head));
      const none = make("p", { class: "note" }, "No trace yet.");
      const scroll = make("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": `${title} traces` },
        make("table", {}, make("thead", {}, make("tr", {}, ...heads)), body));
      parent.append(make("div", {}, make("h3", {}, title), none, scroll));
      return [name, { body, none, scroll, lines: new Map() }];
    }));
  }

  show(traces) {
    for (const [name, list] of Object.entries(this.lists)) {
      const found = (traces?.[name] ?? []).slice(0, 12);
      list.none.hidden = found.length > 0;
      list.scroll.hidden = found.length === 0;
      const lines = new Map(found.map((trace) => {
        const key = `${trace.trace_id} ${trace.operation} ${trace.spans} ${trace.duration_seconds} ${trace.kept}`;
        return [key, list.lines.get(key) ?? this.line(trace)];
      }));
      list.lines = lines;
      if (!list.body.contains(document.activeElement)) list.body.replaceChildren(...lines.values());
    }
  }

  line(trace) {
    const button = make("button", { type: "button" }, named(trace.operation, 60));
    button.dataset.trace = trace.trace_id;
    button.addEventListener("click", () => this.open(trace));
    const failed = trace.error ? [" ", make("span", { class: "bad" }, "failed")] : [];
    return make("tr", {}, make("td", { class: "name" }, button, ...failed), make("td", { class: "name wide" }, named(trace.service, 40)),
      make("td", { class: "number" }, seconds(trace.duration_seconds)), make("td", { class: "number" }, trace.kept ? String(trace.spans) : "–"),
      make("td", {}, clock(new Date(trace.start_seconds * 1000))));
  }

  // The focus goes back to where it came from, or to the first trace where that one is no longer listed.
  close() {
    this.waterfall.replaceChildren();
    const buttons = Object.values(this.lists).map(({ body }) => body.querySelector(`[data-trace="${this.opened}"]`) ?? body.querySelector("button"));
    (buttons.find((one) => one?.dataset.trace === this.opened) ?? buttons.find(Boolean))?.focus();
  }

  async open(trace) {
    this.opened = trace.trace_id;
    let found;
    try {
      const response = await fetch(`/api/v1/traces?trace_id=${trace.trace_id}`);
      found = await response.json();
    } catch {
      this.waterfall.replaceChildren(make("p", { class: "note" }, "The trace could not be loaded; the exporter does not answer."));
      return;
    }
    const spans = found.traces[0]?.spans ?? found.slowest.flatMap((one) => one.spans);
    this.waterfall.replaceChildren(...this.drawn(trace, spans, found.traces.length > 0));
    this.waterfall.scrollIntoView({ block: "nearest" });
  }

  drawn(trace, spans, whole) {
    if (!spans.length) return [make("p", { class: "note" }, "This trace is no longer kept.")];
    const start = Math.min(...spans.map((span) => span.start_seconds));
    const length = Math.max(...spans.map((span) => span.start_seconds + span.duration_seconds - start), 1e-9);
    const close = make("button", { type: "button" }, "Close");
    close.addEventListener("click", () => this.close());
    const title = make("h3", {}, named(trace.operation), ` of `, named(trace.service), `, ${seconds(length)}${whole ? "" : " (the rest is no longer kept)"} `, close);
    const depths = depthsOf(spans);
    const lines = spans.slice(0, SPANS).map((span) => this.span(span, depths.get(span.span_id) ?? 0, (span.start_seconds - start) / length, span.duration_seconds / length));
    if (spans.length > SPANS) lines.push(make("li", {}, `and ${spans.length - SPANS} more`));
    return [title, make("ol", { class: "scroll spans" }, ...lines)];
  }

  span(span, depth, from, share) {
    const bar = make("rect", { class: `bar ${span.kind === "client" ? "client" : ""}`, x: from * 1000, y: 2, height: 12, width: Math.max(share * 1000, 2), rx: 2 });
    const what = make("span", { class: "what" }, named(span.name));
    what.style.paddingInlineStart = `${Math.min(depth, 8) * 0.8}em`;
    const told = Object.entries(span.attributes).map(([key, value]) => `${key}: ${value}`.slice(0, 200));
    what.title = [span.name.slice(0, 300), span.message, ...told].filter(Boolean).join("\n");
    return make("li", { class: span.error ? "failed" : "" }, what,
      make("svg", { viewBox: "0 0 1000 16", preserveAspectRatio: "none", "aria-hidden": "true" }, make("rect", { class: "track", x: 0, y: 7, width: 1000, height: 2 }), bar),
      make("span", { class: "number" }, seconds(span.duration_seconds)));
  }
}

function depthsOf(spans) {
  const parents = new Map(spans.map((span) => [span.span_id, span.parent_span_id]));
  return new Map(spans.map((span) => {
    let depth = 0;
    for (let above = span.parent_span_id; parents.has(above) && depth < 50; above = parents.get(above)) depth += 1;
    return [span.span_id, depth];
  }));
}
