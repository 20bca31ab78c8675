/** What a turn or call cost, in one line. */
import type { Usage } from "../protocol";
import { count } from "./format";

/** Tokens, cost, latency and model in one line; what is unknown is left out. */
export function formatUsage(usage: Usage): string {
  const { prompt_tokens: prompt, completion_tokens: completion, cost, latency_s: latency } = usage;
  const tokens = prompt !== null || completion !== null;
  return [
    tokens &&
      `${count((prompt ?? 0) + (completion ?? 0), "token")} (${prompt ?? 0} + ${completion ?? 0})`,
    cost !== null && `$${cost.toPrecision(2)}`,
    latency !== null && `${latency.toFixed(latency < 10 ? 1 : 0)} s`,
    usage.cached && "cached",
    usage.model,
  ]
    .filter(Boolean)
    .join(" · ");
}
