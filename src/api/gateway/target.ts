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

/** What the bytes behind a well escaped path are, in latin1: how the gateway looks for its method. */
export function unescapePath(path: string): string {
  return path.replace(/%([0-9a-f]{2})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}

/** The path whose bytes these are, as Go's `url.URL` writes it. */
export function escapePath(path: string): string {
  return path.replace(
    /[^A-Za-z0-9\-_.~$&+,/:;=@]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}

/** The path by whose parts Go's mux looks for a page: each part for itself unescaped, so that an escaped `/` separates nothing. */
export function pagePath(path: string): string {
  return path
    .split("/")
    .map((part) => unescapePath(part).replaceAll("/", "%2F"))
    .join("/");
}

/** What a request's target asks for, as Go's server and mux see it. */
export interface Place {
  /** As it came, but with the old prefix `/v3beta/` made `/v3/`. */
  readonly escaped: string;
  /** Unescaped whole, latin1: by this the gateway finds its method. */
  readonly path: string;
  /** Unescaped part by part: by this pages are found. */
  readonly page: string;
  readonly query: string;
}

/** Undefined when the target is no URL. */
export function placeOf(text: string | undefined): Place | undefined {
  const target = targetOf(text);
  if (!isEscapedWell(target.path)) return undefined;
  let escaped = target.path;
  let path = unescapePath(escaped);
  if (path.startsWith("/v3beta/")) {
    path = path.replace("/v3beta/", "/v3/");
    escaped = escapePath(path);
  }
  return { escaped, path, page: pagePath(escaped), query: target.query };
}
