"""The inspector as a person finds it: by roles and names, never by classes or ids."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, expect

_KEYBOARD = """el => {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  return el.contains(at) ? (at.getAttribute("aria-label") ?? at.textContent ?? "").trim() : null;
}"""


class View:
    """One inspector on the page."""

    def __init__(self, region: Locator) -> None:
        self.region, self.page = region, region.page
        self.turns = region.get_by_role("treegrid", name="Turns")
        self.status = region.get_by_role("status", name="Status")
        self.branch = region.get_by_role("combobox", name="Branch", exact=True)
        self.tree = region.get_by_role("tree", name="Tree of branches")
        self.search = region.get_by_role("searchbox", name="Search turns")

    # -- what there is ----------------------------------------------------------------------------

    def button(self, name: str) -> Locator:
        return self.region.get_by_role("button", name=name, exact=True)

    def textbox(self, name: str) -> Locator:
        return self.region.get_by_role("textbox", name=name, exact=True)

    def rows(self) -> Locator:
        """The rows of turns on the screen."""
        return self._with_mark(re.compile(r"^(Expand|Collapse) turn \d+$"))

    def expect_turns(self, count: int) -> None:
        """Wait until so many turns pass the filter; only those near the screen have rows."""
        expect(self.turns).to_have_attribute("aria-rowcount", str(count + 1))

    def row(self, index: int) -> Locator:
        return self._with_mark(re.compile(rf"^(Expand|Collapse) turn {index}$"))

    def _with_mark(self, name: re.Pattern[str]) -> Locator:
        mark = self.page.get_by_role("button", name=name)
        return self.turns.get_by_role("row").filter(has=mark)

    def cell(self, index: int, column: str) -> Locator:
        """The cell of a turn under a column's head."""
        head = self.turns.get_by_role("columnheader", name=column, exact=True)
        return self.row(index).locator(f'[aria-colindex="{head.get_attribute("aria-colindex")}"]')

    def detail(self, index: int) -> Locator:
        return self.turns.get_by_role("gridcell", name=f"Turn {index} in full")

    def editor(self, index: int, field: str) -> Locator:
        return self.textbox(f"Edit {field} of turn {index}")

    def keyboard(self) -> str | None:
        """The name of what has the keyboard; None when that is outside the inspector."""
        return self.region.evaluate(_KEYBOARD)

    def expect_branch(self, name: str) -> None:
        expect(
            self.branch.get_by_role("option", name=name, exact=True, selected=True)
        ).to_be_attached()

    # -- what one does ----------------------------------------------------------------------------

    def expand(self, index: int) -> Locator:
        """Open a turn and return its detail, loaded."""
        self.button(f"Expand turn {index}").click()
        detail = self.detail(index)
        expect(detail.get_by_role("tab", name="History as seen").first).to_be_visible()
        return detail

    def open_panel(self, name: str) -> Locator:
        self.button(name).click()
        return self.panel(name)

    def panel(self, name: str) -> Locator:
        regions = dict.fromkeys(("Help", "Tree", "Compare", "Scores"), "region")
        role = {"Filter": "group", **regions}.get(name, "form")
        panel = self.region.get_by_role(role, name=name, exact=True)  # type: ignore[arg-type]
        expect(panel).to_be_visible()
        return panel

    def edit(self, index: int, field: str, text: str) -> None:
        """Double click, type, Ctrl+Enter; waits until it is saved."""
        self.cell(index, field).dblclick()
        editor = self.editor(index, field)
        expect(editor).to_be_focused()
        editor.fill(text)
        editor.press("Control+Enter")
        expect(editor).to_have_count(0)

    def send(self, text: str, *, field: str = "question") -> None:
        self.textbox(field).fill(text)
        self.button("Send").click()

    def go_to(self, branch: str) -> None:
        self.branch.select_option(label=branch)

    def export(self, kind: str, target: str) -> None:
        """Open the panel, choose a format, name a target, export; waits until it is done."""
        panel = self.open_panel("Export")
        panel.get_by_role("combobox", name="Format").select_option(label=kind)
        where = panel.get_by_role("textbox")
        where.fill(target)
        panel.get_by_role("button", name="Export rows").click()
        expect(panel).to_have_count(0)
        expect(self.status).to_contain_text(target)
