/** A score as a bar and a number, and whether it rose since the turn before. */
import { formatScore } from "./format";

interface Props {
  score: number | null;
  change?: number | null;
  title?: string | null;
}

export function ScoreValue({ score, change, title }: Props) {
  const share = Math.max(0, Math.min(1, score ?? 0));
  return (
    <span class="scored" title={title ?? undefined}>
      {score !== null && (
        <span class="bar" aria-hidden="true">
          <i style={{ width: `${share * 100}%` }} />
        </span>
      )}
      <span class="number">{formatScore(score)}</span>
      {!!change && (
        <span
          class="change"
          role="img"
          aria-label={change > 0 ? "up" : "down"}
          title={change.toFixed(2)}
        >
          {change > 0 ? "▲" : "▼"}
        </span>
      )}
    </span>
  );
}
