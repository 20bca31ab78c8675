/** The histogram as a table, for those who would rather read it. */
import type { ScoresView } from "../protocol";
import { useSignal } from "../rendering";
import { brief } from "./scales";

export function Numbers({ view: { bins, low, high } }: { view: ScoresView }) {
  const open = useSignal(false);
  return (
    <>
      <button
        type="button"
        class="link"
        aria-expanded={open.value}
        onClick={() => {
          open.value = !open.value;
        }}
      >
        as numbers
      </button>
      {open.value && (
        <table class="wide" aria-label="Turns by score">
          <thead>
            <tr>
              <th scope="col">score</th>
              <th scope="col">turns</th>
            </tr>
          </thead>
          <tbody>
            {bins
              .filter(({ count }) => count)
              .map(({ start, stop, count }) => (
                <tr key={start}>
                  <td>
                    {brief(start, high - low)} to {brief(stop, high - low)}
                  </td>
                  <td>{count}</td>
                </tr>
              ))}
          </tbody>
        </table>
      )}
    </>
  );
}
