/** Markdown as elements, ready to be put on the page. */
import { SUPPRESS } from "../suppress";
import { htmlOf } from "./html";
import { sanitised } from "./sanitised";

/** The text's elements; undefined when it can only be shown as it is. */
export function elementsOf(text: string): DocumentFragment | undefined {
  const html = htmlOf(text);
  const found = html === undefined ? undefined : sanitised(html);
  for (const table of found?.querySelectorAll("table") ?? []) {
    const frame = document.createElement("div");
    table.replaceWith(frame);
    frame.append(table);
    scrolls(frame, "Table");
  }
  for (const code of found?.querySelectorAll("pre") ?? []) scrolls(code, "Code");
  return found;
}

/** What is too wide scrolls inside itself, by keyboard too. */
function scrolls(element: HTMLElement, name: string): void {
  element.tabIndex = 0;
  element.setAttribute(SUPPRESS, "true");
  element.setAttribute("role", "group");
  element.setAttribute("aria-label", name);
}
