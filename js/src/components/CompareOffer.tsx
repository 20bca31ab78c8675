/** After a re-run or a replay: the way to the new branch beside the old one. */
import { offerOf, takeOffer } from "../store/offers";
import type { Store } from "../store/store";

export function CompareOffer({ store }: { store: Store }) {
  const offer = offerOf(store);
  const { branches } = store.summary.value;
  const name = (key: string | undefined) => branches.find((one) => one.key === key)?.name;
  const [made, before] = [name(offer.value?.branch), name(offer.value?.other)];
  if (!offer.value || made === undefined || before === undefined) return null;
  const here = store.branch.value === offer.value.branch;
  const said = here ? `Compare with ${before}` : `Compare ${made} with ${before}`;
  const { value } = offer;
  return (
    <div class="job offer" role="group" aria-label="New branch">
      <span dir="auto">{made}</span>
      <button type="button" class="main" onClick={() => void takeOffer(store, value)}>
        {said}
      </button>
      <button
        type="button"
        class="icon"
        aria-label={`Dismiss: ${said}`}
        onClick={() => {
          offer.value = null;
        }}
      >
        ✕
      </button>
    </div>
  );
}
