/** Takes turns out: to a variable or a file, after a look at what it would hold. */
import { useEffect } from "preact/hooks";
import type { ExportArgs, ExportPreview } from "../protocol";
import { useSignal } from "../rendering";
import { effect } from "../signals";
import { announce, togglePanel } from "../store/screen";
import type { Store } from "../store/store";
import { count } from "./format";
import { Pick } from "./Pick";

type Format = ExportArgs["format"];

/** What a format is called, and what its target is by default. */
const FORMATS: Record<Format, readonly [string, string]> = {
  examples: ["dspy.Example list", "examples"],
  dataframe: ["DataFrame", "turns"],
  jsonl: ["JSONL", "turns.jsonl"],
  openai: ["OpenAI chat", "chat.jsonl"],
  "openai-preference": ["OpenAI preference", "preference.jsonl"],
  trl: ["TRL preference", "preference.jsonl"],
  sharegpt: ["ShareGPT", "sharegpt.json"],
  csv: ["CSV", "turns.csv"],
  parquet: ["Parquet", "turns.parquet"],
};
const OPTIONS = Object.entries(FORMATS).map(([format, [name]]) => [format, name] as const);

export function ExportPanel({ store }: { store: Store }) {
  const format = useSignal<Format>("examples");
  const target = useSignal("");
  const { strict } = store;
  const preview = useSignal<ExportPreview | null>(null);
  const problem = useSignal("");

  const asked = (): ExportArgs => ({
    branch: store.branch.value,
    filter: store.filter.value,
    format: format.value,
    strict_trajectory: strict.value,
  });
  const whereto = target.value || FORMATS[format.value][1];

  const look = () => {
    void store.revision.value;
    let latest = true;
    store.ask("preview_export", asked()).then(
      (found) => {
        if (!latest) return;
        preview.value = found;
        problem.value = "";
      },
      (error) => {
        if (latest) problem.value = (error as Error).message;
      },
    );
    return () => {
      latest = false;
    };
  };
  useEffect(() => effect(look), [store]);

  const write = async (event: Event) => {
    event.preventDefault();
    try {
      const { message } = await store.ask("export", { ...asked(), target: whereto });
      announce(store, message);
      store.panel.value = null;
    } catch (error) {
      problem.value = (error as Error).message;
    }
  };
  const found = preview.value;
  return (
    <form class="panel" aria-label="Export" onSubmit={write}>
      <Pick
        label="Format"
        value={format.value}
        options={OPTIONS}
        onPick={(picked) => {
          format.value = picked as Format;
        }}
      />
      <label>
        {format.value === "examples" || format.value === "dataframe" ? "Variable" : "File"}
        <input
          value={target.value}
          placeholder={whereto}
          onInput={(event) => {
            target.value = event.currentTarget.value;
          }}
        />
      </label>
      <label>
        <input
          type="checkbox"
          checked={strict.value}
          onChange={(event) => {
            strict.value = event.currentTarget.checked;
          }}
        />
        strict trajectory
      </label>
      <button type="submit" class="main" disabled={!store.canAct.value || found?.rows === 0}>
        Export rows
      </button>
      {found && (
        <button type="button" onClick={() => copy(store, found.python)}>
          Copy Python
        </button>
      )}
      <button type="button" onClick={() => togglePanel(store, "log")}>
        Actions as Python…
      </button>
      {problem.value && <p class="error">⚠ {problem.value}</p>}
      {found && <Preview preview={found} />}
    </form>
  );
}

function Preview({ preview }: { preview: ExportPreview }) {
  const { rows, columns, sample, duplicates, mismatched, excluded } = preview;
  return (
    <>
      <p class="wide dim">
        {count(rows, "row")} · {count(duplicates, "duplicate")} · {mismatched} mismatched ·{" "}
        {excluded} excluded
      </p>
      <table class="wide" aria-label="Export preview">
        <thead>
          <tr>
            {columns.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sample.map((row, index) => (
            <tr key={index}>
              {columns.map((name) => (
                <td key={name} dir="auto">
                  {row[name]}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

export function copy(store: Store, text: string): void {
  navigator.clipboard.writeText(text).then(
    () => announce(store, "Copied."),
    () => announce(store, "The browser did not let the page copy.", true),
  );
}
