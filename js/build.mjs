// Builds the pages: minified ESM scripts, their styles inside as text.
//
//   node build.mjs           widget.js, the inspector's first screen; more.js, what it asks for
//                            afterwards; views.js, the tree, the comparison and the plots, when
//                            first looked at; markdown.js, for fields shown as Markdown; and
//                            manager.js, the table of stored sessions
//   node build.mjs --dev     also the dev page (dev/built), which talks to a kernel made of memory
//
// saved.js holds all of it, for pages that need no kernel.
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

/** Leaves modules that earlier scripts hold out of one: they stay imports, from "first:…". */
function without(earlier) {
  return {
    name: "without-earlier",
    setup(builder) {
      builder.onResolve({ filter: /^[.@a-z]/ }, async ({ path, pluginData, ...where }) => {
        if (pluginData === "asked" || where.kind === "entry-point") return undefined;
        const found = await builder.resolve(path, { ...where, pluginData: "asked" });
        const id = relative(HERE, found.path);
        const [holder] = Object.entries(earlier).find(([, inputs]) => id in inputs) ?? [];
        return holder ? { path: `${holder}:${id}`, external: true } : found;
      });
    },
  };
}

/** What later scripts use of an earlier one: names, and the modules that they come from. */
class Shared {
  all = [];

  /** The place of a name in the list that the later scripts are opened with. */
  placeOf(module, name) {
    const at = this.all.findIndex((one) => one.module === module && one.name === name);
    return at < 0 ? this.all.push({ module, name }) - 1 : at;
  }

  /** Fills in the module of the earlier script that gives that list. */
  plugin(file) {
    const lines = this.all.map(
      ({ module, name }, at) => `import { ${name} as m${at} } from "./${module}";`,
    );
    const list = this.all.map((_, at) => `m${at}`);
    const contents = `${lines.join("\n")}\nexport const shared = () => [${list}];`;
    return {
      name: "sharing",
      setup(builder) {
        builder.onLoad({ filter: file }, () => ({ contents, resolveDir: HERE }));
      },
    };
  }
}

/** A later script as a function of what it uses of the earlier ones. */
function opened(script, earlier) {
  const holders = Object.keys(earlier);
  const given = new Map(holders.map((holder) => [holder, []]));
  const inner = script.text
    .replace(/import\{([^}]*)\}from"(\w+):([^"]+)";/g, (_, list, holder, module) => {
      for (const one of list.split(",")) {
        const [name, as = name] = one.split(" as ");
        given.get(holder).push(`${earlier[holder].placeOf(module, name)}:${as}`);
      }
      return "";
    })
    .replace(/export\{([^}]*)\};?\s*$/, (_, list) => {
      const pairs = list.split(",").map((one) => one.split(" as ").reverse());
      return `return{${pairs.map(([as, name = as]) => `${as}:${name}`)}}`;
    });
  if (/\bfrom"\w+:|\bexport\{/.test(inner)) throw new Error("an unforeseen import or export");
  const taken = holders
    .filter((holder) => given.get(holder).length) // of one that gives nothing there is no list
    .map((holder) => `const{${given.get(holder)}}=${holder};`)
    .join("");
  return `export default function(${holders}){${taken}${inner}}`;
}

/** All scripts, and how to build the first one again around another entry. */
async function scripts() {
  const first = new Shared();
  const second = new Shared();
  const inFirst = (await script("src/widget.tsx")).inputs;
  const inSecond = (await script("src/more.ts", { plugins: [without({ first: inFirst })] })).inputs;
  const earlier = { first: inFirst, second: inSecond };
  const views = await script("src/views.ts", { plugins: [without(earlier)] });
  const viewsText = opened(views, { first, second });
  const markdown = await script("src/markdown.ts", { plugins: [without(earlier)] });
  const markdownText = opened(markdown, { first, second });
  const plugins = [without({ first: inFirst }), second.plugin(/src\/shared_more\.ts$/)];
  const more = await script("src/more.ts", { plugins });
  const moreText = opened(more, { first });

  const sharing = [first.plugin(/src\/shared\.ts$/)];
  const nameless = await script("src/widget.tsx", { plugins: sharing });
  const hash = createHash("sha256");
  for (const text of [nameless.text, moreText, viewsText, markdownText]) hash.update(text);
  const name = hash.digest("hex").slice(0, 8);
  const options = { plugins: sharing, define: { ...settings.define, BUILD: `"${name}"` } };
  const named = (text, { inputs }) => ({ text: `export const build="${name}";${text}`, inputs });
  return {
    options,
    built: {
      "widget.js": await script("src/widget.tsx", options),
      "more.js": named(moreText, more),
      "views.js": named(viewsText, views),
      "markdown.js": named(markdownText, markdown),
      "saved.js": await script("src/saved.ts", { format: "iife" }),
    },
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

const { built, options } = await scripts();
built["manager.js"] = await script("src/sessions/manager.tsx");
const sizes = Object.entries(built).map(([name, one]) => weigh(name, one));
await mkdir(OUT, { recursive: true });
for (const [name, { text }] of Object.entries(built)) await writeFile(join(OUT, name), text);
if (process.argv.includes("--dev")) {
  const page = await script("dev/page.tsx", options);
  await mkdir(join(HERE, "dev/built"), { recursive: true });
  await writeFile(join(HERE, "dev/built/page.js"), page.text);
  for (const name of ["more.js", "views.js", "markdown.js"])
    await writeFile(join(HERE, "dev/built", name), built[name].text);
}
for (const [measure, most] of Object.entries(BUDGET)) {
  const size = sizes[0][measure];
  if (size <= most) continue;
  console.error(`widget.js is over its budget: ${size} bytes ${measure}, at most ${most}.`);
  process.exitCode = 1;
}
