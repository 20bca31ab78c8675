/** The turns of two branches at one depth: fields beside each other, and what the numbers did. */

import type { FieldPair, TurnPair } from "../protocol";
import { Change } from "./Change";

interface Props {
  pair: TurnPair;
  row: number;
  hasStop: boolean;
  onFocus: () => void;
  onShow: () => void;
}

export function Pair({ pair, row, hasStop, onFocus, onShow }: Props) {
  const { index, left, right, shared, differs, fields, scores, tokens, cost, latency_s } = pair;
  const both = fields.filter((field) => !field.changed && left && right);
  const apart = fields.filter((field) => !both.includes(field));
  const lines = { gridRow: `span ${Math.max(1, apart.length)}` };
  const state =
    !left || !right ? "on one side only" : shared ? "shared" : differs ? "" : "the same";
  return (
    <div
      class={differs ? "pair-row differs" : "pair-row"}
      role="row"
      aria-rowindex={row + 1}
      data-row={row}
      tabIndex={hasStop ? 0 : -1}
      onFocusIn={onFocus}
    >
      <div class="depth" role="gridcell">
        <button
          type="button"
          class="link"
          tabIndex={-1}
          aria-label={`Show turn ${index}`}
          onClick={onShow}
        >
          {index}
        </button>
        <span class="sign" role="img" aria-label={differs ? "differs" : "the same"}>
          {differs ? "≠" : "="}
        </span>
      </div>
      {both.length > 0 && (
        <div class="both" role="gridcell" aria-colspan={2}>
          {both.map((field) => (
            <Field key={`${field.side} ${field.name}`} field={field} />
          ))}
        </div>
      )}
      {apart.length > 0 && (
        <>
          <div class="left" role="gridcell" style={lines}>
            {apart.map((field) => (
              <Field key={`${field.side} ${field.name}`} field={field} />
            ))}
            {!left && <span class="dim none">no turn</span>}
          </div>
          <div class="right" role="gridcell" style={lines}>
            {right &&
              apart.map((field) => <Field key={`${field.side} ${field.name}`} field={field} />)}
            {!right && <span class="dim none">no turn</span>}
          </div>
        </>
      )}
      <div class="numbers" role="gridcell">
        {state && <span class="dim">{state}</span>}
        {Object.entries(scores).map(([name, change]) => (
          <Change key={name} name={name} change={change} better="more" />
        ))}
        {!shared && (
          <>
            <Change name="tokens" change={tokens} digits={0} />
            <Change name="seconds" change={latency_s} digits={1} />
            <Change name="$" change={cost} digits={4} />
          </>
        )}
      </div>
    </div>
  );
}

const TAGS = { same: "span", added: "ins", removed: "del" } as const;

function Field({ field: { name, parts, left_out } }: { field: FieldPair }) {
  return (
    <div class="compared">
      <span class="name" dir="auto">
        {name}
      </span>
      <div class="text" dir="auto">
        {parts.map(([kind, text], at) => {
          const Tag = TAGS[kind];
          return <Tag key={at}>{text}</Tag>;
        })}
        {left_out > 0 && <span class="dim">… {left_out.toLocaleString("en")} more characters</span>}
      </div>
    </div>
  );
}
