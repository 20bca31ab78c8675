// Builds the inspector's page: a minified ESM script without imports, its styles inside as text.
//
//   node build.mjs           one script, widget.js, with everything in it
//   node build.mjs --split   widget.js for the first screen, more.js for what is used later
//   node build.mjs --dev     also the dev page (dev/built), which talks to a kernel made of memory
//
// It prints what the first script holds beside its budget, and fails above the ceiling.
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, transform } from "esbuild";

const HERE = dirname(fileURLToPath(import.meta.url));
const OUT = join(HERE, "../src/dspy_session/inspector/static");
const TARGET = ["chrome111", "firefox113", "safari16.4"];
const SPLIT = process.argv.includes("--split");

/** What the first script is to weigh, and what it weighs now: above that the build fails. */
const BUDGET = { minified: 45 * 1024, gzipped: 18 * 1024 };
const CEILING = SPLIT
  ? { minified: 56 * 1024, gzipped: 21.5 * 1024 }
  : { minified: 73.5 * 1024, gzipped: 27 * 1024 };

/** What the second script may use of a library; of our own modules it may use everything. */
const LIBRARY_NAMES = {
  "node_modules/preact/dist/preact.mjs": ["Fragment", "h"],
  "node_modules/preact/hooks/dist/hooks.mjs": ["useEffect", "useRef"],
  "node_modules/@preact/signals/dist/signals.mjs": ["useSignal", "useSignalEffect"],
  "node_modules/@preact/signals-core/dist/signals-core.mjs": [
    "batch",
    "computed",
    "effect",
    "signal",
  ],
};

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

const settings = {
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
  tsconfigRaw: {}, // the one on disk asks for the automatic runtime, and would win
  define: { SPLIT: `${SPLIT}` },
  logLevel: "warning",
};

async function script(entry, options = {}) {
  const plugins = [styles, ...(options.plugins ?? [])];
  const written = { entryPoints: [entry], outdir: "out", metafile: true, write: false };
  const { outputFiles, metafile } = await build({ ...settings, ...written, ...options, plugins });
  return { text: outputFiles[0].text, inputs: Object.values(metafile.outputs)[0].inputs };
}

/** Modules of the first script, taken by the second one from what it is given. */
function fromFirst(inputs, used) {
  return {
    name: "from-first",
    setup(builder) {
      builder.onResolve({ filter: /^[.@a-z]/ }, async ({ path, pluginData, ...where }) => {
        if (pluginData === "asked" || where.kind === "entry-point") return undefined;
        const found = await builder.resolve(path, { ...where, pluginData: "asked" });
        const id = relative(HERE, found.path);
        if (!(id in inputs)) return found;
        used.add(id);
        return { path: `${[...used].indexOf(id)}`, namespace: "first" };
      });
      builder.onLoad({ filter: /.*/, namespace: "first" }, ({ path }) => ({
        contents: `module.exports = first[${path}]`,
      }));
    },
  };
}

/** The first script's list of the modules that the second one uses. */
function sharing(used) {
  const lines = [...used].map((id, at) => {
    const names = LIBRARY_NAMES[id];
    if (!names) return `import * as m${at} from "./${id}";`;
    const renamed = names.map((name) => `${name} as m${at}${name}`).join(", ");
    return `import { ${renamed} } from "./${id}"; const m${at} = { ${names.map((name) => `${name}: m${at}${name}`)} };`;
  });
  const contents = `${lines.join("\n")}\nexport const shared = [${lines.map((_, at) => `m${at}`)}];`;
  return {
    name: "sharing",
    setup(builder) {
      builder.onLoad({ filter: /src\/shared\.ts$/ }, () => ({ contents, resolveDir: HERE }));
    },
  };
}

/** Both scripts; the second is a function of the modules that it shares with the first. */
async function split() {
  const { inputs } = await script("src/widget.tsx");
  const used = new Set();
  const second = await script("src/more.ts", {
    format: "iife",
    globalName: "part",
    plugins: [fromFirst(inputs, used)],
  });
  const first = await script("src/widget.tsx", { plugins: [sharing(used)] });
  return { first, second: `export default function(first){${second.text}return part}` };
}

/** Bytes of the output by where they came from: each dependency, and our own folders. */
function parts(inputs) {
  const sizes = new Map();
  for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
    const library = /node_modules\/((?:@[^/]+\/)?[^/]+)(\/hooks)?/.exec(path);
    const folder = path.split("/").slice(1, -1).join("/") || "entry and channel";
    const name = library ? library[1] + (library[2] ?? "") : `own: ${folder}`;
    sizes.set(name, (sizes.get(name) ?? 0) + bytesInOutput);
  }
  return [...sizes].sort((a, b) => b[1] - a[1]);
}

const kib = (bytes) => `${(bytes / 1024).toFixed(1)} KiB`.padStart(9);

function sizes(text) {
  const bytes = Buffer.from(text);
  return { minified: bytes.length, gzipped: gzipSync(bytes, { level: 9 }).length };
}

const { first, second } = SPLIT ? await split() : { first: await script("src/widget.tsx") };
for (const [name, bytes] of parts(first.inputs)) console.log(`${kib(bytes)}  ${name}`);
const size = sizes(first.text);
for (const measure of Object.keys(BUDGET)) {
  const limits = `budget${kib(BUDGET[measure])}, ceiling${kib(CEILING[measure])}`;
  console.log(`${kib(size[measure])}  ${measure}, ${limits}`);
}
await mkdir(OUT, { recursive: true });
await writeFile(join(OUT, "widget.js"), first.text);
await rm(join(OUT, "more.js"), { force: true });
if (second) {
  const { minified, gzipped } = sizes(second);
  console.log(`${kib(minified)}  more.js minified, ${kib(gzipped)} gzipped`);
  await writeFile(join(OUT, "more.js"), second);
}
if (process.argv.includes("--dev")) {
  // The dev page holds the first script's source again: in the split build it shares with it.
  const page = { entryPoints: ["dev/page.tsx"], outdir: "dev/built", minify: false };
  await build({ ...settings, ...page, plugins: [styles] });
  if (second) await writeFile(join(HERE, "dev/built/more.js"), second);
}
if (Object.keys(CEILING).some((measure) => size[measure] > CEILING[measure])) {
  console.error("The first script is over its ceiling.");
  process.exitCode = 1;
}
