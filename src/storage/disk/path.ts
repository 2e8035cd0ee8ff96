/** Joins the parts of a path with single slashes; empty parts are left out. */
export function joinPath(...parts: string[]): string {
  let out = "";
  for (const part of parts) {
    if (part === "") continue;
    if (out === "") out = part;
    else out = `${out.endsWith("/") ? out.slice(0, -1) : out}/${part.startsWith("/") ? part.slice(1) : part}`;
  }
  return out;
}

/** The directory a path stands in: "." for a bare name, "/" for a name at the root. */
export function directoryOf(path: string): string {
  const trimmed = path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
  const slash = trimmed.lastIndexOf("/");
  if (slash < 0) return ".";
  return slash === 0 ? "/" : trimmed.slice(0, slash);
}

/** The last part of a path. */
export function nameOf(path: string): string {
  const trimmed = path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
  return trimmed.slice(trimmed.lastIndexOf("/") + 1);
}
