/**
 * Markdown as HTML in which nothing leads anywhere, and nothing that was written is left out.
 *
 * HTML in the text is text. Links and images are their words and their address, to read and to
 * copy: an address that a model made up can carry what the conversation holds to whoever owns it,
 * with one click. Definitions of references stay where they stand, as Markdown would drop them.
 */
import MarkdownIt, { type Renderer, type Token } from "markdown-it";
import { hasLostCells } from "./left_out";

/** Longer texts are not parsed. */
const MOST_CHARS = 100_000;

/** Nor shown when more quotes, lists or emphases than this are inside each other. */
const MOST_NESTED = 40;

/** Nor when they have more parts than this: each one is an element to lay out. */
const MOST_PARTS = 20_000;

// Two levels more: the parser drops what is deeper, which must be seen.
const parser = new MarkdownIt({ html: false, linkify: false, maxNesting: MOST_NESTED + 2 });
parser.disable("reference");
// An address is shown whatever it is: it leads nowhere, and words whose address is missing mislead.
parser.validateLink = () => true;

/** The text as HTML; undefined when that would take too long or leave something out. */
export function htmlOf(text: string): string | undefined {
  if (text.length > MOST_CHARS) return undefined;
  const tokens = parser.parse(text, {});
  if (isTooMuch(tokens) || hasLostCells(tokens, text)) return undefined;
  nameHeadings(tokens);
  return parser.renderer.render(tokens, parser.options, {});
}

function isTooMuch(tokens: readonly Token[]): boolean {
  let parts = 0;
  for (const { level, children } of tokens) {
    parts += 1 + (children?.length ?? 0);
    if (parts > MOST_PARTS || level >= MOST_NESTED) return true;
    if (children?.some((child) => level + child.level >= MOST_NESTED)) return true;
  }
  return false;
}

/** Headings begin below those that a notebook has of its own, and skip no level. */
const FIRST_HEADING = 4;
const HEADINGS = 3;

function nameHeadings(tokens: readonly Token[]): void {
  let level = 0;
  for (const token of tokens) {
    if (token.type === "heading_open")
      level = Math.min(Number(token.tag.slice(1)), level + 1, HEADINGS);
    if (token.type.startsWith("heading_")) token.tag = `h${FIRST_HEADING - 1 + level}`;
  }
}

const { escapeHtml } = parser.utils;

/** The address of a link or an image, as it would be asked for, and its title. */
function address(token: Token, attribute: string): string {
  const title = token.attrGet("title");
  const named = title === null ? "" : ` "${title}"`;
  return `<small>${escapeHtml((token.attrGet(attribute) ?? "") + named)}</small>`;
}

/** The link that is being written: none is inside another. */
let link: Token | undefined;

const rules: Renderer["rules"] = {
  link_open: (tokens, at) => {
    link = tokens[at];
    return "<u>";
  },
  link_close: () =>
    !link || link.markup === "autolink" ? "</u>" : `</u> ${address(link, "href")}`,
  image: (tokens, at) => {
    const token = tokens[at] as Token;
    return `<small>image</small> <u>${escapeHtml(token.content)}</u> ${address(token, "src")}`;
  },
  fence: (tokens, at) => {
    const { info, content } = tokens[at] as Token;
    const language = info.trim() && `<small>${escapeHtml(info.trim())}</small>`;
    return `<pre>${language}<code>${escapeHtml(content)}</code></pre>`;
  },
};
Object.assign(parser.renderer.rules, rules);
