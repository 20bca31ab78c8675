/** A turn of the tree: its score as shape and colour, and marks around it. */
import type { TreeTurn } from "../protocol";
import { OUTLINES, shareOf, type Tier, tierOf } from "./tiers";

interface Props {
  turn: Pick<TreeTurn, "score" | "stale" | "excluded" | "edited" | "found">;
  low: number;
  high: number;
}

export function TurnShape({ turn, low, high }: Props) {
  const { score, stale, excluded, edited, found } = turn;
  return (
    <>
      {found && <circle class="found" r="11" />}
      {stale && <circle class="ring" r="9.5" />}
      <Shape
        tier={tierOf(score, low, high)}
        share={score === null ? 0 : shareOf(score, low, high)}
      />
      {edited && <circle class="edited" cx="6" cy="-6" r="2.5" />}
      {excluded && <path class="strike" d="M-8 8L8 -8" />}
    </>
  );
}

function Shape({ tier, share }: { tier: Tier; share: number }) {
  const style = { "--share": `${Math.round(15 + 85 * share)}%` };
  return <path class={`shape ${tier}`} d={OUTLINES[tier]} style={style} />;
}

const NO_MARKS = { score: null, stale: false, excluded: false, edited: false, found: false };

/** What the shapes and marks mean. */
export function Legend({ low, high }: { low: number; high: number }) {
  const at = (share: number) => low + (high - low) * share;
  const said = (score: number) => Number(score.toFixed(2));
  const entries = [
    [{ score: at(1) }, `${said(at(2 / 3))} and more`],
    [{ score: at(0.5) }, `${said(at(1 / 3))} and more`],
    [{ score: at(0) }, "less"],
    [{}, "no score"],
    [{ stale: true }, "stale"],
    [{ edited: true }, "edited"],
    [{ excluded: true }, "excluded"],
  ] as const;
  return (
    <span class="legend dim">
      {entries.map(([marks, name]) => (
        <span key={name}>
          <svg width="24" height="22" viewBox="-12 -11 24 22" aria-hidden="true">
            <TurnShape turn={{ ...NO_MARKS, ...marks }} low={low} high={high} />
          </svg>
          {name}
        </span>
      ))}
    </span>
  );
}
