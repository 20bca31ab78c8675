/** A moment as people say it: how long ago, or on which day. */
const DAY_S = 86_400;
const UNITS = [
  ["day", DAY_S],
  ["hour", 3_600],
  ["minute", 60],
] as const;

export function when(iso: string, now = Date.now()): string {
  const then = Date.parse(iso);
  if (Number.isNaN(then)) return "";
  const ago = (now - then) / 1_000;
  if (ago > 7 * DAY_S) return new Date(then).toLocaleDateString();
  const words = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
  for (const [unit, seconds] of UNITS) {
    if (ago >= seconds) return words.format(-Math.floor(ago / seconds), unit);
  }
  return words.format(0, "second");
}
