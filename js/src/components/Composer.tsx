/** Says something on the branch: one box per input field, and a button. */
import { useSignal } from "@preact/signals";
import { begin } from "../store/actions";
import { announce } from "../store/screen";
import type { Store } from "../store/store";
import { ValueInput } from "./ValueInput";

type Values = Record<string, string>;

export function Composer({ store }: { store: Store }) {
  const values = useSignal<Values>({});
  const { inputs, can_call } = store.summary.value;
  if (!can_call)
    return (
      <p class="composer dim">There is no program to call: this conversation is for reading.</p>
    );
  const busy = store.jobs.value.some((job) => job.kind === "send");
  const able = store.canAct.value && !busy;

  const send = async () => {
    const sent = values.peek();
    if (!able) return;
    const filled = inputs.map(({ name, kind }) => [
      name,
      sent[name] ?? (kind === "boolean" ? "false" : ""),
    ]);
    try {
      await begin(
        store,
        "send",
        { branch: store.branch.peek(), inputs: Object.fromEntries(filled) },
        (end) => {
          // A message that did not become a turn is not lost, unless a new one was begun meanwhile.
          const empty = Object.values(values.peek()).every((text) => !text);
          if (end.outcome !== "done" && empty) values.value = sent;
        },
      );
      values.value = {};
    } catch (error) {
      announce(store, (error as Error).message, true);
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    void send();
  };

  return (
    <form
      class="composer"
      aria-label="New message"
      onKeyDown={onKeyDown}
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      {inputs.map((field) => (
        <div class="field" key={field.name}>
          {inputs.length > 1 && <span aria-hidden="true">{field.name}</span>}
          <ValueInput
            name={field.name}
            spec={field}
            text={values.value[field.name] ?? ""}
            hint={`${field.name} (Ctrl+Enter sends)`}
            onText={(text) => {
              values.value = { ...values.peek(), [field.name]: text };
            }}
          />
        </div>
      ))}
      <button
        type="submit"
        class="main"
        disabled={!able}
        title={busy ? "A message is on its way" : "Send (Ctrl+Enter)"}
      >
        Send
      </button>
    </form>
  );
}
