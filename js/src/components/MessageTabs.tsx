/** The history as the model saw it, as it would be now, and the prompts that were sent. */

import { useEffect } from "preact/hooks";
import type { MessageView, TurnArgs } from "../protocol";
import { useSignal } from "../rendering";
import type { Store } from "../store/store";
import { count } from "./format";
import { LongText } from "./LongText";
import { MarkdownButton } from "./MarkdownButton";
import { markdownOf } from "./MarkdownText";
import { Tabs } from "./Tabs";

const MESSAGES_AT_ONCE = 20;

interface Props {
  store: Store;
  at: TurnArgs & { call_id?: string };
  seen: number;
  /** Absent for a nested call, whose history is known only as it was. */
  now?: number;
  prompts: number;
}

export function MessageTabs({ store, at, seen, now, prompts }: Props) {
  const tabs: Record<string, () => preact.ComponentChild> = {
    [`History as seen (${seen})`]: () => <Messages key="seen" store={store} at={at} of="seen" />,
  };
  if (now !== undefined) {
    tabs[`History as it is now (${now})`] = () => (
      <Messages key="now" store={store} at={at} of="now" />
    );
  }
  for (let which = 0; which < prompts; which++) {
    const name = which ? `Prompt sent (${which + 1})` : "Prompt sent";
    tabs[name] = () => <Messages key={which} store={store} at={at} of={which} />;
  }
  const names = Object.keys(tabs);
  // A choice is remembered by its place: the counts in the names change with the conversation.
  const chosen = useSignal(-1);
  const name = names[chosen.value] ?? "";
  return (
    <div class="messages">
      <Tabs
        label="History and prompt"
        names={names}
        chosen={name}
        onChoose={(name) => {
          const place = names.indexOf(name);
          chosen.value = place === chosen.peek() ? -1 : place;
        }}
      />
      {name && (
        <div role="tabpanel" aria-label={name}>
          {tabs[name]?.()}
        </div>
      )}
    </div>
  );
}

interface MessagesProps {
  store: Store;
  at: Props["at"];
  of: "seen" | "now" | number;
}

function Messages({ store, at, of }: MessagesProps) {
  const messages = useSignal<readonly MessageView[]>([]);
  const total = useSignal(-1);
  const problem = useSignal("");
  const load = async (start: number, stop: number) => {
    const window = { ...at, start, stop };
    try {
      const found =
        typeof of === "number"
          ? await store.ask("prompt", { ...window, which: of })
          : await store.ask("history", { ...window, kind: of });
      total.value = found.total;
      messages.value = [...messages.peek().slice(0, start), ...found.messages];
    } catch (error) {
      problem.value = (error as Error).message;
    }
  };
  const revision = store.revision.value;
  useEffect(() => {
    void load(0, Math.max(MESSAGES_AT_ONCE, messages.peek().length));
  }, [revision, at.turn_id, at.branch, of]);

  const left = total.value - messages.value.length;
  const fields = messages.value.flatMap(({ fields }) => fields.map(({ name }) => name));
  return (
    <>
      {fields.length > 0 && (
        <div class="named">
          {[...new Set(fields)].map((name) => (
            <span key={name} class="dim">
              {name} <MarkdownButton store={store} field={name} />
            </span>
          ))}
        </div>
      )}
      {problem.value && <p class="error">⚠ {problem.value}</p>}
      {total.value === 0 && <p class="dim">No messages.</p>}
      {messages.value.map((message, index) => (
        <Message key={index} store={store} message={message} />
      ))}
      {left > 0 && (
        <button
          type="button"
          class="link"
          onClick={() =>
            void load(messages.peek().length, messages.peek().length + MESSAGES_AT_ONCE)
          }
        >
          Show {count(Math.min(left, MESSAGES_AT_ONCE), "more message")} of {left}
        </button>
      )}
    </>
  );
}

function Message({ store, message }: { store: Store; message: MessageView }) {
  const { title, fields, changed } = message;
  return (
    <div class={changed ? "message changed" : "message"}>
      <b>
        {title}
        {changed && " · changed since"}
      </b>
      {fields.map(({ name, value }) => (
        <div class="pair" key={name}>
          <span class="name">{name}</span>
          <LongText text={value} show={markdownOf(store, name)} />
        </div>
      ))}
    </div>
  );
}
