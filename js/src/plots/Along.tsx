/** The scores in the order of the branch, what a threshold keeps of them filled. */
import type { ScorePoint, ScoresView } from "../protocol";
import { Axes } from "./Axes";
import { across, BOTTOM, HEIGHT, LEFT, RIGHT, TOP, upward, WIDTH } from "./scales";

interface Props {
  view: ScoresView;
  threshold: number;
  /** Index of the first turn that a strict trajectory leaves out; null: none, or it is not strict. */
  end: number | null;
  onShow: (point: ScorePoint) => void;
}

export function Along({ view, threshold, end, onShow }: Props) {
  const { points, low, high, name, thinned } = view;
  const [first, last] = [points[0]?.index ?? 0, points.at(-1)?.index ?? 0];
  const [x, y] = [across(first, last), upward(low, high)];
  const line = points.map(({ index, value }) => `${x.at(index)} ${y.at(value)}`).join("L");
  const passes = ({ value, index, excluded }: ScorePoint) =>
    value >= threshold && !excluded && (end === null || index < end);
  const cut = end === null ? null : Math.max(LEFT, x.at(end) - 4);
  return (
    <figure>
      <svg
        class="plot"
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={`${name} along the branch, turns ${first} to ${last}${thinned ? ", an even choice" : ""}`}
      >
        {cut !== null && (
          <rect
            class="beyond"
            x={cut}
            y={TOP}
            width={Math.max(0, WIDTH - RIGHT - cut)}
            height={HEIGHT - BOTTOM - TOP}
          />
        )}
        <Axes x={[first, last]} y={[low, high]} name="turn" whole="x" />
        {line && <path class="along" d={`M${line}`} />}
        <path class="threshold" d={`M${LEFT} ${y.at(threshold)}H${WIDTH - RIGHT}`} />
        {points.map((point) => (
          // biome-ignore lint/a11y/noStaticElementInteractions: the table's rows go there too
          <circle
            key={point.turn_id}
            class={passes(point) ? "point kept" : "point"}
            cx={x.at(point.index)}
            cy={y.at(point.value)}
            r={points.length > 80 ? 2 : 4}
            onClick={() => onShow(point)}
          >
            <title>{`turn ${point.index}: ${point.value.toFixed(2)}`}</title>
          </circle>
        ))}
      </svg>
    </figure>
  );
}
