"""Asks axe-core what is wrong with a part of the page, shadow roots included.

The script comes with the ``axe-playwright-python`` package; its own report cannot print targets
inside a shadow root, so the findings are worded here.
"""

from __future__ import annotations

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Locator

# axe flattens open shadow roots below its context. What lies around us is the notebook's business.
_RUN = "(el, options) => axe.run(el, options)"
_OPTIONS = {
    "resultTypes": ["violations", "incomplete"],
    # A widget is a fragment: headings, landmarks and titles belong to the page.
    "rules": {"region": {"enabled": False}, "page-has-heading-one": {"enabled": False}},
}


def violations(target: Locator, *, rules: dict[str, Any] | None = None) -> list[str]:
    """One line per violation and element; empty when axe finds nothing wrong.

    Args:
        target: The element to judge, with everything below it.
        rules: Further axe rules to switch, as ``{"color-contrast": {"enabled": False}}``.
    """
    if not target.page.evaluate("() => 'axe' in window"):
        target.page.evaluate(AXE_SCRIPT)
    options = {**_OPTIONS, "rules": {**_OPTIONS["rules"], **(rules or {})}}
    found = target.evaluate(_RUN, options)["violations"]
    return [
        f"{v['id']} ({v['impact']}): {v['help']}: {_where(node)}: {node['html'][:200]}"
        for v in found
        for node in v["nodes"]
    ]


def _where(node: dict[str, Any]) -> str:
    """The selectors of an element, from the document through each shadow root to it."""
    last = node["target"][-1]
    return " >>> ".join(last) if isinstance(last, list) else last
