/** A row that is being written shows what there is of it so far. */
import { expect, test } from "vitest";
import { conversation, turn } from "../dev/memory_kernel";
import { open, waitFor } from "./page";

test("the row that is being written shows the model's words as they come", async () => {
  const page = open(conversation([turn("t0", "hello", "hi")]));
  const inputs = [{ field: "question", text: "why?", more_lines: 0, more_chars: 0, edited: false }];
  const say = (written: string, node = "") => {
    const running = [{ branch: "b0", index: 1, inputs, node, written, started_at: "2026" }];
    page.kernel.say({ push: "progress", jobs: [], running });
  };
  say("");
  await waitFor(() => expect(page.getByText("running…")).toBeTruthy());
  say("answer: <b>Beca");
  await waitFor(() => expect(page.getByText("answer: <b>Beca")).toBeTruthy());
  say("plan: look", "steps[0]");
  await waitFor(() =>
    expect(page.getByText("steps[0]").parentElement?.textContent).toBe("steps[0]plan: look"),
  );
  page.kernel.say({ push: "progress", jobs: [], running: [] });
  await waitFor(() => expect(page.queryByText("plan: look")).toBeNull());
});
