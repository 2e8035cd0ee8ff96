/** What a request line asks for. Whatever its bytes, this can be read. */
export interface Target {
  readonly path: string;
  /** Behind the `?`, as it came. */
  readonly query: string;
}

/** Splits a request's target: a path with its query, or a whole URL, as proxies send it. */
export function targetOf(text = "/"): Target {
  const rest = text.replace(/^https?:\/\/[^/?]*/i, "");
  const mark = rest.indexOf("?");
  return mark < 0 ? { path: rest, query: "" } : { path: rest.slice(0, mark), query: rest.slice(mark + 1) };
}

/** Whether every `%` stands before two hexadecimal digits; Go's server does not even read a request of another kind. */
export function isEscapedWell(path: string): boolean {
  return !/%(?![0-9a-f]{2})/i.test(path);
}

/** A path as Go's mux wants it: from the root, without empty parts, `.` and `..`; a `/` at the end stays. */
export function cleanPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  const end = parts.length > 0 && path.endsWith("/") ? "/" : "";
  return `/${parts.join("/")}${end}`;
}
