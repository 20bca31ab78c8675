/** A click means the row that it began on, whatever arrives meanwhile. */
import { expect, test } from "vitest";
import { conversation, turn } from "../dev/memory_kernel";
import { fireEvent, open, type, waitFor } from "./page";

const three = () => [
  turn("t0", "hello", "hi there"),
  turn("t1", "how are you", "fine"),
  turn("t2", "bye", "goodbye"),
];

/** As a browser clicks: on what is still there when the pointer is released. */
function release(element: HTMLElement) {
  fireEvent.pointerUp(element.isConnected ? element : document.body);
  if (element.isConnected) fireEvent.click(element);
}

async function searchingUnderAPress() {
  const page = open(conversation(three()));
  await waitFor(() => expect(page.root.querySelectorAll("style")).toHaveLength(2)); // of more.ts
  type(page.getByRole("searchbox", { name: "Search turns" }), "bye");
  const searched = () => page.asked("rows").filter(({ filter }) => filter);
  return { page, searched };
}

test("a row that is pressed while search results arrive is the one that opens", async () => {
  const { page, searched } = await searchingUnderAPress();
  const arrow = page.getByRole("button", { name: "Expand turn 2" });
  fireEvent.pointerDown(arrow);
  await waitFor(() => expect(searched().length).toBeGreaterThan(0));
  await new Promise((resolve) => setTimeout(resolve, 100)); // longer than the answer takes
  release(arrow);
  expect(await page.findByRole("button", { name: "Collapse turn 2" })).toBeTruthy();
  await waitFor(() => expect(page.grid.getAttribute("aria-rowcount")).toBe("2"));
});

test("no other row opens in its place", async () => {
  const { page, searched } = await searchingUnderAPress();
  const arrow = page.getByRole("button", { name: "Expand turn 0" });
  fireEvent.pointerDown(arrow);
  await waitFor(() => expect(searched().length).toBeGreaterThan(0));
  await new Promise((resolve) => setTimeout(resolve, 100));
  release(arrow);
  await waitFor(() => expect(page.grid.getAttribute("aria-rowcount")).toBe("2"));
  expect(page.getByRole("button", { name: "Expand turn 2" })).toBeTruthy();
});

test("rows do not wait for ever for a pointer that is not released", async () => {
  const { page } = await searchingUnderAPress();
  fireEvent.pointerDown(page.getByRole("button", { name: "Expand turn 0" }));
  await waitFor(() => expect(page.grid.getAttribute("aria-rowcount")).toBe("2"));
});
