// The live page: one stream of events, whose parts go to the sections that show them.

import { Chart } from "./draw.js";
import { say } from "./element.js";
import { bytes, clock, rate, ratio, seconds } from "./format.js";
import * as sections from "./sections.js";
import { Tables } from "./tables.js";
import { Traces } from "./traces.js";

const at = (id) => document.getElementById(id);
const SILENT_MS = 35_000;

const CHARTS = [
  { title: "CPU", names: [""], lines: ["cpu"], write: ratio, top: 1, limit: "cpu" },
  { title: "Memory", names: [""], lines: ["memory"], write: ratio, top: 1, limit: "memory" },
  { title: "Disk", names: ["read", "write"], lines: ["disk_read", "disk_written"], write: rate },
  { title: "Network", names: ["in", "out"], lines: ["network_received", "network_sent"], write: rate },
].map((chart) => ({ ...chart, drawn: new Chart(at("charts"), chart) }));
const tables = new Tables(at("tables"));
const traces = new Traces(at("traces"), at("waterfall"));
const alerts = new sections.Alerts(document.querySelector(".alerts"), at("spoken"), at("more-alerts"));
const shown = {};
let lines = null;
let silence = 0;
let last = "";

function latest({ cpu, memory, disk, network }) {
  return {
    cpu: cpu.utilization_ratio, memory: memory.utilization_ratio,
    disk_read: disk.read_bytes_per_second, disk_written: disk.written_bytes_per_second,
    network_received: network.received_bytes_per_second, network_sent: network.sent_bytes_per_second,
  };
}

// Parts of the summary mostly stay as they were: what is equal is not made anew, so that a selection or a focus stays.
function changed(name, value) {
  const before = shown[name];
  shown[name] = JSON.stringify(value);
  return before !== shown[name];
}

function summary(found) {
  say(at("host"), found.host);
  document.title = `${found.alerts.some(({ state }) => state === "firing") ? "⚠ " : ""}${found.host} · Tachograph`;
  const { cpu, memory, exporter } = found.resources;
  say(at("about"), `${cpu.cores} CPUs, load ${cpu.load1 ?? "–"}, memory ${bytes(memory.total_bytes)}`);
  say(at("own"), `Tachograph ${found.version}, up ${seconds(found.exporter_uptime_seconds)}, itself ${ratio(exporter.cpu_utilization_ratio)} of a core and ${bytes(exporter.resident_memory_bytes)}`);
  sections.indicators(at("indicators"), found.indicators);
  alerts.show(found.alerts);
  const { own, looked_at: looked, known } = found.alert_limits;
  say(at("limits"), `${looked} of ${known} rules, at ${own ? "your" : "the default"} thresholds`);
  const limits = Object.fromEntries(found.indicators.map((one) => [one.name, one]));
  if (changed("processes", found.processes)) sections.processes(at("processes"), found.processes);
  if (changed("filesystems", found.resources.filesystems)) sections.filesystems(at("filesystems"), found.resources.filesystems, limits.disk);
  if (!lines) return;
  const now = latest(found.resources);
  for (const { drawn, lines: names, limit } of CHARTS) {
    drawn.show(names.map((name) => lines[name]), names.map((name) => now[name]), limits[limit]?.warning);
  }
}

function take(parts) {
  if (parts.lines) lines = parts.lines;
  for (const [name, value] of Object.entries(parts)) if (name.includes(":")) tables.take(name, value);
  tables.render();
  if (parts.summary) summary(parts.summary);
  if (parts.statements) sections.statements(at("statements"), parts.statements.statements);
  if ("traces" in parts) traces.show(parts.traces);
}

function state(name, text) {
  const node = at("connection");
  if (node.className !== name) node.className = name;
  say(node, text);
}

function follow() {
  const source = new EventSource("/api/v1/live");
  const again = () => {
    source.close();
    clearTimeout(silence);
    state("lost", `connection lost, trying again${last && `; the figures are of ${last}`}`);
    setTimeout(follow, 1000);
  };
  const heard = (whole) => ({ data }) => {
    clearTimeout(silence);
    silence = setTimeout(again, SILENT_MS);
    state("live", "live");
    last = clock(new Date());
    if (whole) tables.clear();
    take(JSON.parse(data));
    document.body.dataset.events = 1 + Number(document.body.dataset.events ?? 0);
  };
  source.addEventListener("all", heard(true));
  source.addEventListener("news", heard(false));
  source.addEventListener("error", again);
}

traces.show(null);
tables.clear();
tables.render();
follow();
