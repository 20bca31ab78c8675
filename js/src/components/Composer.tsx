/** Says something on the branch: one box per input field, and a button. */
import { withMore } from "../part";
import { useSignal } from "../rendering";
import type { Values } from "../store/sending";
import type { Store } from "../store/store";
import { ValueInput } from "./ValueInput";

export function Composer({ store }: { store: Store }) {
  const values = useSignal<Values>({});
  const { inputs: all, can_call } = store.summary.value;
  const inputs = all.filter(({ known }) => known);
  if (!can_call)
    return (
      <p class="composer dim">There is no program to call: this conversation is for reading.</p>
    );
  const busy = store.jobs.value.some((job) => job.kind === "send");
  const able = store.canAct.value && !busy;

  const send = () => {
    if (able) withMore(store, ({ sendMessage }) => sendMessage(store, values));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    send();
  };

  return (
    <form
      class="composer"
      aria-label="New message"
      onKeyDown={onKeyDown}
      onSubmit={(event) => {
        event.preventDefault();
        send();
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
