// A saved page's kernel without the page, for the tests that compare it with the real one.
//
// Reads one line of JSON at a time, {"page": …, "asks": [{"ask": …, "args": …}]}, and writes one
// line with the answers; {"texts": [[left, right], …]} is answered by their word diffs instead.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

async function built() {
  const contents = `
    export { SavedKernel } from "./src/saved/kernel";
    export { wordDiff } from "./src/saved/words";
    export { folded } from "./src/saved/filter";`;
  const resolveDir = join(dirname(fileURLToPath(import.meta.url)), "..");
  const { outputFiles } = await build({
    ...{ stdin: { contents, resolveDir, loader: "ts" }, bundle: true, write: false },
    ...{ format: "esm", logLevel: "warning" },
  });
  const folder = await mkdtemp(join(tmpdir(), "saved-kernel-"));
  try {
    const path = join(folder, "kernel.mjs");
    await writeFile(path, outputFiles[0].text);
    return await import(pathToFileURL(path).href);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const { SavedKernel, wordDiff, folded } = await built();

async function answered({ page, asks }) {
  const kernel = new SavedKernel(page);
  const replies = [];
  kernel.on("msg:custom", (reply) => replies.push(reply));
  for (const [seq, ask] of asks.entries()) kernel.send({ ...ask, seq });
  await new Promise((resolve) => setTimeout(resolve));
  return replies;
}

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  const answer = asked.texts
    ? asked.texts.map((pair) => wordDiff(...pair))
    : asked.folded
      ? asked.folded.map(folded)
      : await answered(asked);
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
