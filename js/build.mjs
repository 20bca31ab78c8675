// Builds the inspector's page: one self-contained, minified ESM file, its styles inside as text.
// It prints what the bundle holds and fails when the bundle is over its budget.
// `--dev` also builds the dev page (dev/built), which talks to a kernel made of memory.
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, transform } from "esbuild";

const HERE = dirname(fileURLToPath(import.meta.url));
const OUT = join(HERE, "../src/dspy_session/inspector/static/widget.js");
const BUDGET = { minified: 45 * 1024, gzipped: 18 * 1024 };

/** Style sheets arrive as minified text, for a shadow root. */
const styles = {
  name: "styles",
  setup(builder) {
    builder.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      const { code } = await transform(source, { loader: "css", minify: true, target: TARGET });
      return { contents: code.trim(), loader: "text" };
    });
  },
};

const TARGET = ["chrome111", "firefox113", "safari16.4"];

const shared = {
  absWorkingDir: HERE,
  bundle: true,
  minify: true,
  format: "esm",
  target: TARGET,
  charset: "utf8",
  legalComments: "none",
  // Classic JSX: `h("b", …)` is shorter than the automatic runtime's `jsx("b", { children: … })`.
  jsx: "transform",
  jsxFactory: "h",
  jsxFragment: "Fragment",
  inject: ["jsx.mjs"],
  plugins: [styles],
  logLevel: "warning",
};

/** Bytes of the output by where they came from: each dependency, and our own folders. */
function parts(inputs) {
  const sizes = new Map();
  for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
    const library = /node_modules\/((?:@[^/]+\/)?[^/]+)(\/hooks)?/.exec(path);
    const name = library
      ? library[1] + (library[2] ?? "")
      : path.endsWith(".css")
        ? "styles"
        : `own: ${path.split("/").slice(1, -1).join("/") || "entry and channel"}`;
    sizes.set(name, (sizes.get(name) ?? 0) + bytesInOutput);
  }
  return [...sizes].sort((a, b) => b[1] - a[1]);
}

const kib = (bytes) => `${(bytes / 1024).toFixed(1)} KiB`;

const { outputFiles, metafile } = await build({
  ...shared,
  entryPoints: ["src/widget.tsx"],
  outfile: OUT,
  metafile: true,
  write: false,
});
const [{ contents }] = outputFiles;
const size = { minified: contents.length, gzipped: gzipSync(contents, { level: 9 }).length };
for (const [name, bytes] of parts(Object.values(metafile.outputs)[0].inputs)) {
  console.log(`${kib(bytes).padStart(9)}  ${name}`);
}
for (const measure of Object.keys(BUDGET)) {
  console.log(`${kib(size[measure]).padStart(9)}  ${measure}, budget ${kib(BUDGET[measure])}`);
}
await writeFile(OUT, contents);
if (process.argv.includes("--dev")) {
  await build({ ...shared, entryPoints: ["dev/page.tsx"], outdir: "dev/built", minify: false });
}
if (Object.keys(BUDGET).some((measure) => size[measure] > BUDGET[measure])) {
  console.error("The bundle is over its budget.");
  process.exitCode = 1;
}
