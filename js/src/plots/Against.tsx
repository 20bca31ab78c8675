/** One score against another, and the turns on which the two disagree most. */
import type { ScorePoint, ScoresView } from "../protocol";
import { Axes } from "./Axes";
import { across, HEIGHT, upward, WIDTH } from "./scales";

interface Props {
  view: ScoresView;
  against: string;
  onShow: (point: ScorePoint) => void;
}

export function Against({ view, against, onShow }: Props) {
  const { name, points, pairs, correlation, disagreements } = view;
  const both = points.filter((point) => point.against !== null);
  const others = both.map((point) => point.against ?? 0);
  const [low, high] = [Math.min(0, ...others), Math.max(1, ...others)];
  const [x, y] = [across(view.low, view.high), upward(low, high)];
  const linked = correlation === null ? "" : `, correlation ${correlation.toFixed(2)}`;
  const told = `${pairs} turns have both${linked}`;
  return (
    <>
      <figure>
        <svg
          class="plot"
          viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
          role="img"
          aria-label={`${name} against ${against}: ${told}`}
        >
          <Axes x={[view.low, view.high]} y={[low, high]} name={name} />
          <path
            class="along"
            d={`M${x.at(Math.max(low, view.low))} ${y.at(Math.max(low, view.low))}L${x.at(Math.min(high, view.high))} ${y.at(Math.min(high, view.high))}`}
          />
          {both.map((point) => (
            // biome-ignore lint/a11y/noStaticElementInteractions: the list below goes there too
            <circle
              key={point.turn_id}
              class="point"
              cx={x.at(point.value)}
              cy={y.at(point.against ?? 0)}
              r={both.length > 80 ? 2 : 4}
              onClick={() => onShow(point)}
            >
              <title>{`turn ${point.index}`}</title>
            </circle>
          ))}
        </svg>
        <figcaption class="dim">
          <span dir="auto">↑ {against}</span> · {told}
        </figcaption>
      </figure>
      <div class="disagreements">
        <b>Where they disagree most</b>
        {disagreements.length ? (
          <ol>
            {disagreements.map((point) => (
              <li key={point.turn_id}>
                <button type="button" class="link" onClick={() => onShow(point)}>
                  turn {point.index}
                </button>{" "}
                {name} {point.value.toFixed(2)}, {against} {point.against?.toFixed(2)}
              </li>
            ))}
          </ol>
        ) : (
          <p class="dim">Nowhere.</p>
        )}
      </div>
    </>
  );
}
