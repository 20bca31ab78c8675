/** HTML reduced to a few elements without attributes, whatever it was made of. */
import purify, { type Config } from "dompurify";

const CONFIG: Config = {
  ALLOWED_TAGS: [
    ...["h4", "h5", "h6", "p", "hr", "br", "blockquote", "pre", "ul", "ol", "li"],
    ...["table", "thead", "tbody", "tr", "th", "td"],
    ...["code", "em", "strong", "s", "u", "small", "#text"],
  ],
  // A list's first number, and nothing that could style, name, fetch or run.
  ALLOWED_ATTR: ["start"],
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  RETURN_DOM_FRAGMENT: true,
};

/** The elements; undefined where the browser lacks what the library needs to be sure. */
export function sanitised(html: string): DocumentFragment | undefined {
  if (!purify.isSupported) return undefined; // it would return the text as it came
  return purify.sanitize(html, CONFIG) as unknown as DocumentFragment;
}
