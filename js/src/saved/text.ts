/** Texts cut and counted as the kernel does. */
import { TEXT_CHARS, type Text } from "../protocol";

/** What Python takes for a blank, as the inside of a class of characters. */
export const BLANKS =
  "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const AROUND = new RegExp(`^[${BLANKS}]+|[${BLANKS}]+$`, "g");
const BETWEEN = new RegExp(`[${BLANKS}]+`, "g");
const HIGH = /[\ud800-\udbff]$/;
const LOW = /^[\udc00-\udfff]/;

/** The part from unit `start` to `stop`; a pair of units is never cut in two at its end. */
export function cut(text: string, start: number, stop: number): string {
  const part = text.slice(start, stop);
  const whole = part.length > 1 && stop < text.length ? part.replace(HIGH, "") : part;
  return whole.replace(LOW, "\ufffd").replace(HIGH, "\ufffd");
}

export function clipped(text: string): Text {
  return { text: cut(text, 0, TEXT_CHARS), length: text.length };
}

/** How many characters a text has, as Python counts them. */
export function points(text: string): number {
  let pairs = 0;
  for (let at = 0; at < text.length; at++) if ((text.codePointAt(at) as number) > 0xffff) pairs++;
  return text.length - pairs;
}

/** The first characters of a text, as Python counts them. */
export function firstPoints(text: string, count: number): string {
  if (text.length <= count) return text;
  return [...text.slice(0, 2 * count)].slice(0, count).join("");
}

export function stripped(text: string): string {
  return text.replace(AROUND, "");
}

/** A text on one line of at most `limit` characters. */
export function oneLine(text: string, limit: number): string {
  const line = stripped(firstPoints(text, 4 * limit)).replace(BETWEEN, " ");
  const fits = points(line) <= limit && points(text) <= 4 * limit;
  return fits ? line : `${firstPoints(line, limit - 1)}…`;
}
