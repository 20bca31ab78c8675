/** Numbers as the inspector writes them. */
import type { Usage } from "../protocol";

/** Two decimals; a dash for no score, which is not the same as 0.00. */
export function formatScore(score: number | null): string {
  return score === null ? "—" : score.toFixed(2);
}

export function count(number: number, one: string): string {
  return `${number.toLocaleString("en")} ${one}${number === 1 ? "" : "s"}`;
}

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
