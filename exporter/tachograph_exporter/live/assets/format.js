// How figures are written.

const NONE = "–";

function digits(value, count = 3) {
  if (value === 0) return "0";
  return Number(value.toPrecision(count)).toLocaleString("en", { maximumFractionDigits: 6 });
}

function scaled(value, steps) {
  const [limit, unit] = steps.find(([size]) => Math.abs(value) >= size) ?? steps.at(-1);
  return `${digits(value / limit)} ${unit}`;
}

const TIMES = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"], [1e-3, "ms"], [1e-6, "µs"]];

export function seconds(value) {
  if (value == null) return NONE;
  return value === 0 ? "0 s" : scaled(value, TIMES);
}

export const clock = (date) => date.toLocaleTimeString("en", { hourCycle: "h23" });
export const ratio = (value) => (value == null ? NONE : `${digits(value * 100)} %`);
export const bytes = (value) => (value == null ? NONE : value < 1 ? "0 B" : scaled(value, [[1e12, "TB"], [1e9, "GB"], [1e6, "MB"], [1e3, "kB"], [1, "B"]]));
export const rate = (value) => (value == null ? NONE : `${bytes(value)}/s`);
export const count = (value) => (value == null ? NONE : value < 1e4 ? digits(value) : scaled(value, [[1e9, "G"], [1e6, "M"], [1e3, "k"]]));
export const perSecond = (value) => (value == null ? NONE : `${count(value)}/s`);
export const dollars = (value) => {
  if (value == null) return NONE;
  if (value > 0 && value < 0.0001) return "<$0.0001";
  return `$${value && value < 0.01 ? digits(value, 2) : value.toFixed(2)}`;
};

export function indicator(value, unit) {
  return { ratio, seconds, "per second": perSecond }[unit](value);
}
