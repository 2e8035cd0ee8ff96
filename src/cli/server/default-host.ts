import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";

/**
 * The IPv4 address of the interface that the default route leaves by: what others reach this machine by, as far as it can tell.
 * Undefined without such a route, or where the system does not tell (only Linux does).
 */
export function defaultHost(): string | undefined {
  let routes: string;
  try {
    routes = readFileSync("/proc/net/route", "utf8");
  } catch {
    return undefined;
  }
  for (const line of routes.split("\n").slice(1)) {
    const [name = "", destination, , , , , , mask] = line.split("\t");
    if (destination !== "00000000" || mask !== "00000000") continue;
    const address = networkInterfaces()[name]?.find(({ family, internal }) => family === "IPv4" && !internal);
    if (address !== undefined) return address.address;
  }
  return undefined;
}
