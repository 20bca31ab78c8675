/** A number on both sides, and by how much it rose or fell. */
import type { BothNumbers } from "../protocol";

interface Props {
  name: string;
  change: BothNumbers;
  digits?: number;
  /** Whether more is better, where it is known. */
  better?: "more";
}

export function Change({ name, change: { left, right }, digits = 2, better }: Props) {
  if (left === null && right === null) return null;
  const said = (number: number | null) => (number === null ? "—" : number.toFixed(digits));
  const delta = left === null || right === null ? null : right - left;
  const moved = delta !== null && Number(delta.toFixed(digits)) !== 0;
  const more = moved && delta > 0;
  return (
    <span class={better ? "moved score" : "moved"}>
      <span class="name" dir="auto">
        {name}
      </span>{" "}
      {said(left)}
      {said(left) !== said(right) && ` → ${said(right)}`}
      {moved && (
        <b>
          {" "}
          <span role="img" aria-label={more ? "up" : "down"}>
            {more ? "▲" : "▼"}
          </span>
          {Math.abs(delta).toFixed(digits)}
        </b>
      )}
    </span>
  );
}
