// The sections that are small enough to be made anew when they change.

import { make, named, say } from "./element.js";
import { bytes, count, indicator, ratio, seconds } from "./format.js";

const STATES = { good: "good", fair: "over", warning: "warning", critical: "critical", unknown: "no data" };

export function indicators(list, found) {
  found.forEach((one, index) => {
    let card = list.children[index];
    if (!card) {
      card = make("li", {}, ...["title", "value", "target", "state"].map((part) => make("span", { class: part })));
      list.append(card);
    }
    const [title, value, target, state] = card.children;
    if (card.className !== one.state) card.className = one.state;
    say(state, one.state === "fair" && one.more_is_better ? "under" : STATES[one.state]);
    say(title, one.title);
    say(value, indicator(one.value, one.unit));
    say(target, `target ${one.more_is_better ? "≥" : "≤"} ${indicator(one.target, one.unit)}`);
  });
}

function alert(one) {
  const described = named(one.description, 400);
  const node = make("li", { class: `${one.state} ${one.severity}` }, make("strong", {}, named(one.summary, 200)), " ",
    make("small", {}), " ", make("a", { href: one.runbook }, one.alert), make("br"), described);
  return { node, when: node.querySelector("small"), described };
}

function when({ state, severity, since_seconds: since, for_seconds: hold }) {
  return state === "firing" ? `${severity}, for ${seconds(since)}` : `${severity} in ${seconds(Math.max(hold - since, 1))} if it stays so`;
}

const ALERTS = 6;

// The lines are made anew when other alerts come; as their seconds pass, only those are written.
export class Alerts {
  constructor(list, spoken, more) {
    Object.assign(this, { list, spoken, more, key: null, lines: [], found: [], all: false });
    more.addEventListener("click", () => { this.all = !this.all; this.show(this.found); });
  }

  show(found) {
    this.found = found;
    const shown = this.all ? found : found.slice(0, ALERTS);
    const key = JSON.stringify([this.all, found.map((one) => [one.alert, one.severity, one.state, one.summary])]);
    if (key !== this.key) this.renew(shown, found);
    this.key = key;
    shown.forEach((one, index) => {
      say(this.lines[index].when, when(one));
      say(this.lines[index].described, one.description.slice(0, 400));
    });
  }

  renew(shown, found) {
    this.lines = shown.map(alert);
    const nodes = this.lines.map(({ node }) => node);
    this.more.hidden = found.length <= ALERTS;
    say(this.more, this.all ? `Show the first ${ALERTS}` : `Show all ${found.length}`);
    this.list.replaceChildren(...(nodes.length ? nodes : [make("li", {}, "Nothing would fire now.")]));
    const firing = found.filter(({ state }) => state === "firing").map(({ summary }) => summary.slice(0, 200));
    say(this.spoken, firing.length ? `Firing: ${firing.join("; ")}` : "No alert fires");
  }
}

export function statements(list, found) {
  const lines = found.slice(0, 30).map((one) => {
    const times = one.calls ? [`${count(one.calls)} calls`, `average ${seconds(one.average_seconds)}`, `p95 ${seconds(one.p95_seconds)}`, `${count(one.rows)} rows`].join(", ") : "never slow";
    const advice = one.findings.map((finding) => make("p", {}, make("b", {}, `${finding.finding.replaceAll("_", " ")} ×${count(finding.count)} `), finding.advice));
    return make("li", {}, make("strong", {}, named(one.summary || one.system || "statement")), " ", make("span", { class: "figures" }, `${one.system}, `, named(one.service), `: ${times}`), make("code", {}, named(one.text, 300)), ...(one.plan ? [make("p", {}, make("b", {}, "plan "), named(one.plan, 300))] : []), ...advice);
  });
  list.replaceChildren(...(lines.length ? lines : [make("li", { class: "note" }, "No statement was slow, and nothing is to be said against any.")]));
}

function table(parent, heads, rows) {
  const head = make("tr", {}, ...heads.map((title, index) => make("th", { scope: "col", class: index ? "number" : null }, title)));
  const body = rows.map(([first, ...rest]) => make("tr", {}, make("th", { scope: "row", class: "name" }, named(first, 60)), ...rest.map((cell) => make("td", { class: "number" }, cell))));
  parent.replaceChildren(make("table", {}, make("thead", {}, head), make("tbody", {}, ...body)));
}

export function processes(parent, found) {
  table(parent, ["Name", "CPU", "Memory", "Processes"], found.slice(0, 15).map((one) => [one.name, ratio(one.cpu_cores), bytes(one.memory_bytes), count(one.processes)]));
}

export function filesystems(parent, found, { warning, critical }) {
  table(parent, ["Mounted at", "Use", "Size"], found.slice(0, 15).map((one) => {
    const bar = make("i");
    bar.style.width = `${100 * one.utilization_ratio}%`;
    const kind = one.utilization_ratio > critical ? "full" : one.utilization_ratio > warning ? "high" : "";
    return [one.mountpoint, make("span", {}, make("span", { class: `meter ${kind}` }, bar), ratio(one.utilization_ratio)), bytes(one.size_bytes)];
  }));
}
