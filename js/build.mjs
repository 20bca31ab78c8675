// Builds the inspector's page: two minified ESM scripts, their styles inside as text.
//
//   node build.mjs           widget.js, the first screen, and more.js, what it asks for afterwards
//   node build.mjs --dev     also the dev page (dev/built), which talks to a kernel made of memory
//
// It prints what they hold and weigh, and fails when the first one is over its budget.
import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, transform } from "esbuild";

const HERE = dirname(fileURLToPath(import.meta.url));
const OUT = join(HERE, "../src/dspy_session/inspector/static");
const TARGET = ["chrome111", "firefox113", "safari16.4"];

/** The most that the first script may weigh, in bytes. */
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
  define: { BUILD: '""', "process.env.NODE_ENV": '"production"' },
  logLevel: "warning",
};

async function script(entry, options = {}) {
  const plugins = [styles, ...(options.plugins ?? [])];
  const written = { entryPoints: [entry], outdir: "out", metafile: true, write: false };
  const { outputFiles, metafile } = await build({ ...settings, ...written, ...options, plugins });
  return { text: outputFiles[0].text, inputs: Object.values(metafile.outputs)[0].inputs };
}

/** Leaves the first script's modules out of the second one: they stay imports, from "first:…". */
function withoutFirst(inputs) {
  return {
    name: "without-first",
    setup(builder) {
      builder.onResolve({ filter: /^[.@a-z]/ }, async ({ path, pluginData, ...where }) => {
        if (pluginData === "asked" || where.kind === "entry-point") return undefined;
        const found = await builder.resolve(path, { ...where, pluginData: "asked" });
        const id = relative(HERE, found.path);
        return id in inputs ? { path: `first:${id}`, external: true } : found;
      });
    },
  };
}

/**
 * The second script, whose imports from the first have become one list of what it is opened with.
 * `shared` says what that is: names, and the modules that they come from.
 */
function opened(script) {
  const shared = new Map();
  const names = [];
  const again = [];
  const inner = script.text
    .replace(/import\{([^}]*)\}from"first:([^"]+)";/g, (_, list, module) => {
      for (const one of list.split(",")) {
        const [name, as = name] = one.split(" as ");
        const key = `${module} ${name}`;
        if (shared.has(key)) again.push(`${as}=${shared.get(key).as}`);
        else {
          shared.set(key, { module, name, as });
          names.push(as);
        }
      }
      return "";
    })
    .replace(/export\{([^}]*)\};?\s*$/, (_, list) => {
      const pairs = list.split(",").map((one) => one.split(" as ").reverse());
      return `return{${pairs.map(([as, name = as]) => `${as}:${name}`)}}`;
    });
  if (/\bfrom"first:|\bexport\{/.test(inner)) throw new Error("more.js: an unforeseen import");
  const given = [`[${names}]=first`, ...again];
  const text = `export default function(first){const ${given};${inner}}`;
  return { shared: [...shared.values()], text };
}

/** Fills in src/shared.ts. */
function sharing(shared) {
  const lines = shared.map(
    ({ module, name }, at) => `import { ${name} as m${at} } from "./${module}";`,
  );
  const list = shared.map((_, at) => `m${at}`);
  const contents = `${lines.join("\n")}\nexport const shared = () => [${list}];`;
  return {
    name: "sharing",
    setup(builder) {
      builder.onLoad({ filter: /src\/shared\.ts$/ }, () => ({ contents, resolveDir: HERE }));
    },
  };
}

/** Both scripts, and how to build the first one again around another entry. */
async function scripts() {
  const { inputs } = await script("src/widget.tsx");
  const alone = await script("src/more.ts", { plugins: [withoutFirst(inputs)] });
  const { shared, text } = opened(alone);
  const plugins = [sharing(shared)];
  const nameless = await script("src/widget.tsx", { plugins });
  const name = createHash("sha256").update(nameless.text).update(text).digest("hex").slice(0, 8);
  const options = { plugins, define: { ...settings.define, BUILD: `"${name}"` } };
  return {
    options,
    first: await script("src/widget.tsx", options),
    second: { text: `export const build="${name}";${text}`, inputs: alone.inputs },
  };
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

function weigh(name, { text, inputs }) {
  const bytes = Buffer.from(text);
  const size = { minified: bytes.length, gzipped: gzipSync(bytes, { level: 9 }).length };
  for (const [part, share] of parts(inputs)) console.log(`${kib(share)}  ${part}`);
  console.log(`${kib(size.minified)}  ${name}, gzipped ${kib(size.gzipped).trim()}\n`);
  return size;
}

const { first, second, options } = await scripts();
const size = weigh("widget.js", first);
weigh("more.js", second);
await mkdir(OUT, { recursive: true });
await writeFile(join(OUT, "widget.js"), first.text);
await writeFile(join(OUT, "more.js"), second.text);
if (process.argv.includes("--dev")) {
  const page = await script("dev/page.tsx", options);
  await mkdir(join(HERE, "dev/built"), { recursive: true });
  await writeFile(join(HERE, "dev/built/page.js"), page.text);
  await writeFile(join(HERE, "dev/built/more.js"), second.text);
}
for (const [measure, most] of Object.entries(BUDGET)) {
  if (size[measure] <= most) continue;
  console.error(
    `widget.js is over its budget: ${size[measure]} bytes ${measure}, at most ${most}.`,
  );
  process.exitCode = 1;
}
