/** What Markdown leaves out of a text, and so hides from who reads it. */
import type { Token } from "markdown-it";

/** Whether a table has cells beyond its columns: those are dropped. */
export function hasLostCells(tokens: readonly Token[], text: string): boolean {
  let lines: readonly string[] | undefined;
  let columns = 0;
  for (const { type, map } of tokens) {
    if (type === "table_open") columns = 0;
    else if (type === "th_open") columns += 1;
    else if (type === "tr_open" && map) {
      lines ??= text.split(/\r\n?|\n/);
      if (columns && cellsIn(lines[map[0]] ?? "") > columns) return true;
    }
  }
  return false;
}

/** How many cells a line has, whatever quotes it stands in. */
function cellsIn(line: string): number {
  const inner = line.replace(/^[\s>]*\|?/, "").replace(/(?<!\\)\|\s*$/, "");
  return inner.split(/(?<!\\)\|/).length;
}
