/**
 * Prometheus text format, version 0.0.4:
 *
 *   # HELP <name> <text, \ and newline escaped>
 *   # TYPE <name> counter|gauge|histogram|summary|untyped
 *   <name>[{<label>="<value, \ " and newline escaped>",...}] <number>
 *
 * A histogram is its cumulated buckets `<name>_bucket{le="..."}` up to le="+Inf", then `<name>_sum` and `<name>_count`.
 */
export const CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores";

export function escapeHelp(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

export function escapeLabel(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

/** A number as Go's client prints it: the shortest that reads back the same, with an exponent below 1e-4 and from 1e6 on. */
export function formatNumber(value: number): string {
  if (Number.isInteger(value) && value > -1e6 && value < 1e6) return Object.is(value, -0) ? "-0" : String(value);
  if (Number.isNaN(value)) return "NaN";
  if (value === Number.POSITIVE_INFINITY) return "+Inf";
  if (value === Number.NEGATIVE_INFINITY) return "-Inf";
  const [mantissa, power] = value.toExponential().split("e") as [string, string];
  const exponent = Number(power);
  if (exponent >= -4 && exponent < 6) return String(value);
  const digits = Math.abs(exponent).toString().padStart(2, "0");
  return `${mantissa}e${exponent < 0 ? "-" : "+"}${digits}`;
}

/** `name="value",...` without braces, sorted by name as Go's client sorts them; empty without labels. */
export function formatLabels(names: readonly string[], values: readonly string[]): string {
  return names
    .map((name, i) => [name, values[i]!] as const)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([name, value]) => `${name}="${escapeLabel(value)}"`)
    .join(",");
}
