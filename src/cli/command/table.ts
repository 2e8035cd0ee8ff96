/** A box drawn as etcd's tools draw it: headings in capitals and centred, cells to the right. */
export function tableText(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const heads = headings.map((heading) => heading.toUpperCase().replaceAll("_", " "));
  const widths = heads.map((head, i) => Math.max(width(head), ...rows.map((row) => width(row[i] ?? ""))));
  const rule = (left: string, middle: string, right: string) =>
    `${left}${widths.map((w) => "─".repeat(w + 2)).join(middle)}${right}\n`;
  const line = (cells: readonly string[]) => `│${cells.map((cell) => ` ${cell} `).join("│")}│\n`;
  const centred = heads.map((head, i) => {
    const space = widths[i]! - width(head);
    const before = Math.floor(space / 2);
    return `${" ".repeat(before)}${head}${" ".repeat(space - before)}`;
  });
  let text = rule("┌", "┬", "┐") + line(centred);
  if (rows.length > 0) {
    text += rule("├", "┼", "┤");
    for (const row of rows) text += line(widths.map((w, i) => " ".repeat(w - width(row[i] ?? "")) + (row[i] ?? "")));
  }
  return text + rule("└", "┴", "┘");
}

function width(text: string): number {
  return [...text].length;
}
