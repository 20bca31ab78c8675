/** Copy as Python: the lines, and what of them is copied. */
import { expect, test, vi } from "vitest";
import { conversation, turn } from "../dev/memory_kernel";
import { fireEvent, open, waitFor, within } from "./page";

function clipboard() {
  const writeText = vi.fn((_text: string) => Promise.resolve());
  vi.stubGlobal("navigator", { ...navigator, clipboard: { writeText } });
  return writeText;
}

async function openLog(page: ReturnType<typeof open>) {
  fireEvent.click(page.getByRole("button", { name: "Export" }));
  fireEvent.click(await page.findByRole("button", { name: "Actions as Python…" }));
  return within(await page.findByRole("region", { name: "Copy as Python" }));
}

test("every action is a line; all are copied, or those that are chosen", async () => {
  const written = clipboard();
  const page = open(conversation([turn("t0", "hello", "hi"), turn("t1", "bye", "goodbye")]));
  page.cell(0, 0).focus();
  page.press("x");
  await waitFor(() => expect(page.status()).toBeTruthy());
  page.press("f");
  const log = await openLog(page);
  await waitFor(() => expect(log.getAllByRole("listitem")).toHaveLength(2));
  fireEvent.click(log.getByRole("button", { name: "Copy all" }));
  await waitFor(() => expect(written.mock.calls.at(-1)?.[0].trim().split("\n")).toHaveLength(2));
  const second = log.getAllByRole("checkbox")[1] as HTMLElement;
  fireEvent.click(second);
  fireEvent.click(log.getByRole("button", { name: "Copy 1 selected" }));
  await waitFor(() => expect(page.asked("log_text").at(-1)).toEqual({ lines: [1] }));
  await waitFor(() => expect(written).toHaveBeenCalledTimes(2));
  vi.unstubAllGlobals();
});

test("an empty log says what it is for", async () => {
  const page = open(conversation([]));
  const log = await openLog(page);
  expect(log.getByText(/Every action appears here/)).toBeTruthy();
  expect(log.getByRole("button", { name: "Copy all" }).getAttribute("aria-disabled")).toBe("true");
});
