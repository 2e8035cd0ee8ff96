/** Why a body or query is no HTML form, in the words of Go's net/url; undefined when it is one. Latin-1. */
export function formFault(text: string): string | undefined {
  let fault: string | undefined;
  for (const pair of text.split("&")) {
    // Go tells of a semicolon last, of any other fault first.
    if (pair.includes(";")) fault = "invalid semicolon separator in query";
    else fault ??= escapeFault(pair);
  }
  return fault;
}

function escapeFault(pair: string): string | undefined {
  const equals = pair.indexOf("=");
  const parts = equals < 0 ? [pair] : [pair.slice(0, equals), pair.slice(equals + 1)];
  for (const part of parts) {
    const broken = /%(?![0-9a-f]{2})[\s\S]{0,2}/i.exec(part)?.[0];
    if (broken !== undefined) return `invalid URL escape ${JSON.stringify(broken)}`;
  }
  return undefined;
}
