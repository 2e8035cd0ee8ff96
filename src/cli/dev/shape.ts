import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DevError } from "./options.ts";

/** What a cluster on this machine cannot change once its members have their data. */
export interface Shape {
  readonly members: number | undefined;
  readonly basePort: number | undefined;
}

/**
 * The shape to start with: what was asked for, else what the directory holds. Members know each other by number and address, so
 * another shape would start members that never find a majority. @throws DevError when both differ
 */
export function shapeOf(dataDir: string, asked: Shape): Shape {
  const held = heldBy(dataDir);
  const differs = (["members", "basePort"] as const).some(
    (key) => asked[key] !== undefined && held[key] !== undefined && asked[key] !== held[key],
  );
  if (differs) {
    const ports = held.basePort === undefined ? "" : ` at ports from ${held.basePort}`;
    throw new DevError(
      `${dataDir} holds a cluster of ${held.members}${ports}; leave --members and --base-port out, or choose another --data-dir`,
    );
  }
  return { members: asked.members ?? held.members, basePort: asked.basePort ?? held.basePort };
}

export function rememberShape(dataDir: string, shape: Shape): void {
  writeFileSync(join(dataDir, "dev.json"), `${JSON.stringify(shape)}\n`);
}

function heldBy(dataDir: string): Shape {
  const unknown: Shape = { members: undefined, basePort: undefined };
  // Without a member's data there is nothing to keep to.
  if (!existsSync(join(dataDir, "m1/member"))) return unknown;
  try {
    const { members, basePort } = JSON.parse(readFileSync(join(dataDir, "dev.json"), "utf8")) as Partial<Shape>;
    if (Number.isInteger(members) && Number.isInteger(basePort)) return { members, basePort };
  } catch {
    // Not there, or not what was written: the directories tell how many.
  }
  const members = readdirSync(dataDir).filter(
    (name) => /^m[1-9]$/.test(name) && existsSync(join(dataDir, name, "member")),
  );
  return { members: members.length, basePort: undefined };
}
