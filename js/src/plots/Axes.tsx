/** The two axes of a plot, with the numbers at their ends. */
import { BOTTOM, brief, HEIGHT, LEFT, RIGHT, TOP, WIDTH } from "./scales";

interface Props {
  x: readonly [number, number];
  y: readonly [number, number];
  /** What runs along the bottom. */
  name: string;
  /** Which of the two count something. */
  whole?: "x" | "y";
}

export function Axes({ x, y, name, whole }: Props) {
  const base = HEIGHT - BOTTOM;
  const said = ([low, high]: Props["x"], isWhole = false) =>
    [low, high].map((number) => (isWhole ? `${number}` : brief(number, high - low)));
  const [left, right] = said(x, whole === "x");
  const [bottom, top] = said(y, whole === "y");
  return (
    <g class="axes">
      <path d={`M${LEFT} ${TOP}V${base}H${WIDTH - RIGHT}`} />
      <text x={LEFT} y={HEIGHT - 5}>
        {left}
      </text>
      <text x={(LEFT + WIDTH - RIGHT) / 2} y={HEIGHT - 5} class="middle">
        {name}
      </text>
      <text x={WIDTH - RIGHT} y={HEIGHT - 5} class="end">
        {right}
      </text>
      <text x={LEFT - 4} y={base} class="end">
        {bottom}
      </text>
      <text x={LEFT - 4} y={TOP + 8} class="end">
        {top}
      </text>
    </g>
  );
}
