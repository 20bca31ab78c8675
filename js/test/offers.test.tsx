/** After a re-run or a replay the new branch is one step away from being compared. */
import { expect, test } from "vitest";
import { conversation, turn } from "../dev/memory_kernel";
import { fireEvent, open, waitFor } from "./page";

const two = () => conversation([turn("t0", "hello", "hi there"), turn("t1", "bye", "goodbye")]);

async function replayed() {
  const page = open(two());
  fireEvent.click(page.getByRole("button", { name: "Branch actions" }));
  fireEvent.click(await page.findByRole("button", { name: "Replay this branch" }));
  const offer = await page.findByRole("button", { name: "Compare with main" });
  return { page, offer };
}

test("a replay ends with an offer to compare it with the branch it came from", async () => {
  const { page, offer } = await replayed();
  expect(page.status()).toMatch(/Press c on a turn to compare it with main\.$/);
  offer.focus();
  fireEvent.click(offer);
  const grid = await page.findByRole("grid", { name: /^main-b\d and main$/ });
  expect(grid.textContent).toContain("Asked again.");
  await waitFor(() => expect(page.active().getAttribute("aria-label")).toBe("Compare with"));
  expect(page.queryByRole("button", { name: "Compare with main" })).toBeNull();
});

test("after a re-run the key for comparing leads there too", async () => {
  const page = open(two());
  page.cell(1, 0).focus();
  page.press("r");
  await page.findByRole("button", { name: "Compare with main" });
  await waitFor(() => expect(page.active().closest("[data-at='1']")).toBeTruthy());
  page.press("c");
  expect(await page.findByRole("grid", { name: /^main-b\d and main$/ })).toBeTruthy();
});

test("who went elsewhere meanwhile is told which branch is meant, and led there", async () => {
  const { page } = await replayed();
  fireEvent.change(page.getByRole("combobox", { name: "Branch" }), { target: { value: "b0" } });
  fireEvent.click(await page.findByRole("button", { name: /^Compare main-b\d with main$/ }));
  expect(await page.findByRole("grid", { name: /^main-b\d and main$/ })).toBeTruthy();
});

test("an offer can be dismissed, and goes with its branch", async () => {
  const { page } = await replayed();
  fireEvent.click(page.getByRole("button", { name: "Dismiss: Compare with main" }));
  await waitFor(() => expect(page.queryByRole("group", { name: "New branch" })).toBeNull());
  fireEvent.click(page.getByRole("button", { name: "Replay this branch" }));
  await page.findByRole("group", { name: "New branch" });
  fireEvent.click(page.getByRole("button", { name: "Prune" }));
  await waitFor(() => expect(page.queryByRole("group", { name: "New branch" })).toBeNull());
});
