/** A value as text: the beginning first, the rest on demand. */

import type { ComponentChild } from "preact";
import { TEXT_CHARS, type Text } from "../protocol";
import { useSignal } from "../rendering";
import { count } from "./format";

const FIRST_LINES = 40;
const FIRST_CHARS = 4_000;

interface Props {
  text: Text;
  /** Fetches a part that was left out. */
  range?: (start: number, stop: number) => Promise<Text>;
  /** Shows what is here in another way than as it is. */
  show?: ((text: string) => ComponentChild) | undefined;
}

const plain = (text: string) => (
  <div class="text" dir="auto">
    {text}
  </div>
);

/** The beginning that is shown before anyone asks for more. */
function beginning(text: string): string {
  let end = -1;
  for (let line = 0; line < FIRST_LINES; line++) {
    end = text.indexOf("\n", end + 1);
    if (end < 0) return text.slice(0, FIRST_CHARS);
  }
  return text.slice(0, Math.min(end, FIRST_CHARS));
}

export function LongText({ text, range, show = plain }: Props) {
  const open = useSignal(false);
  const rest = useSignal({ of: "", text: "" });
  const whole = text.text + (rest.value.of === text.text ? rest.value.text : "");
  const first = beginning(whole);
  const hidden = whole.slice(first.length).split("\n").length;
  const left = text.length - whole.length;
  const shown = open.value ? whole : first;
  const fetch = async () => {
    const had = whole.length;
    const next = await range?.(had, Math.min(text.length, had + TEXT_CHARS));
    const fetched = whole.slice(text.text.length) + (next?.text ?? "");
    rest.value = { of: text.text, text: fetched };
  };
  return (
    <>
      {show(shown)}
      {first.length < whole.length && (
        <button
          type="button"
          class="link"
          onClick={() => {
            open.value = !open.value;
          }}
        >
          {open.value ? "Show less" : `Show ${count(hidden, "more line")}`}
        </button>
      )}
      {(open.value || first.length === whole.length) && left > 0 && range && (
        <button type="button" class="link" onClick={() => void fetch()}>
          Show {count(Math.min(left, TEXT_CHARS), "more character")}
        </button>
      )}
      {left > 0 && !range && <span class="dim">… {count(left, "more character")}</span>}
    </>
  );
}
