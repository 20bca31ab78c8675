"""What a field shown as Markdown may be made of, and what it may not do to what is around it."""

from __future__ import annotations

from playwright.sync_api import Locator

TAGS = [
    *("h4", "h5", "h6", "p", "hr", "br", "blockquote", "pre", "ul", "ol", "li"),
    *("table", "thead", "tbody", "tr", "th", "td", "code", "em", "strong", "s", "u", "small"),
]

_STRANGE = """(box, tags) => [...box.querySelectorAll("*")].flatMap(el => {
  const tag = el.localName;
  const ours = tag === "pre" || (tag === "div" && el.firstElementChild?.localName === "table");
  const may = tag === "ol" ? ["start"]
    : ours ? ["tabindex", "data-lm-suppress-shortcuts", "role", "aria-label"] : [];
  return [
    ...(ours || tags.includes(tag) ? [] : [`<${tag}>`]),
    ...(el.namespaceURI === "http://www.w3.org/1999/xhtml" ? [] : [el.namespaceURI]),
    ...el.getAttributeNames().filter(name => !may.includes(name)).map(name => `${tag} ${name}`),
  ];
})"""

_SPILLED = """(box) => {
  const root = box.getRootNode();
  const own = box.getBoundingClientRect();
  const pair = box.parentElement.getBoundingClientRect();
  const found = [];
  if (own.left < pair.left - 1 || own.right > pair.right + 1) found.push("wider than its place");
  const region = root.querySelector("section").getBoundingClientRect();
  for (let x = region.left + 2; x < region.right; x += region.width / 23)
    for (let y = region.top + 2; y < region.bottom; y += region.height / 23) {
      const inside = x >= own.left - 1 && x <= own.right + 1
        && y >= own.top - 1 && y <= own.bottom + 1;
      if (!inside && box.contains(root.elementFromPoint(x, y)))
        found.push(`over what is at ${x}, ${y}`);
    }
  return found;
}"""

_FRAME = """turns => [turns, ...turns.closest("section").querySelectorAll(
    "header, .heads > *, .heads [role=columnheader], .composer, footer, .detail > .pair > .name")]
  .map(el => el.getBoundingClientRect())
  .map(({ left, width }) => `${Math.round(left)} ${Math.round(width)}`)"""


def strange(box: Locator) -> list[str]:
    """Elements and attributes in a box that no Markdown needs."""
    return box.evaluate(_STRANGE, TAGS)


def spilled(box: Locator) -> list[str]:
    """Where a box reaches out of its place."""
    return box.evaluate(_SPILLED)


def frame(turns: Locator) -> list[str]:
    """Where the parts of an inspector stand and how wide they are, by its table."""
    return turns.evaluate(_FRAME)
