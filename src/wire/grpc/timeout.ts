/** Longest `grpc-timeout`: 8 digits and a unit. */
const form = /^([0-9]{1,8})([HMSmun])$/;

const unitMs: Record<string, number> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };

/** Milliseconds of a `grpc-timeout` value, or undefined when it is malformed. */
export function parseTimeout(text: string): number | undefined {
  const match = form.exec(text);
  if (match === null) return undefined;
  return Number(match[1]) * unitMs[match[2]!]!;
}

/** The value for `grpc-timeout`: the finest unit whose count has at most 8 digits, rounded up. */
export function formatTimeout(ms: number): string {
  if (ms <= 0) return "0n";
  for (const unit of ["n", "u", "m", "S", "M"]) {
    const count = Math.ceil(ms / unitMs[unit]! - 1e-9);
    if (count < 100_000_000) return `${count}${unit}`;
  }
  return `${Math.min(99_999_999, Math.ceil(ms / unitMs.H!))}H`;
}

/** Why a value is refused, in the words of grpc-go. */
export function timeoutFault(text: string): string {
  if (text.length < 2) return `malformed grpc-timeout: transport: timeout string is too short: ${JSON.stringify(text)}`;
  if (text.length > 9) return `malformed grpc-timeout: transport: timeout string is too long: ${JSON.stringify(text)}`;
  if (!/[HMSmun]$/.test(text)) {
    return `malformed grpc-timeout: transport: timeout unit is not recognized: ${JSON.stringify(text)}`;
  }
  return `malformed grpc-timeout: strconv.ParseUint: parsing ${JSON.stringify(text.slice(0, -1))}: invalid syntax`;
}
