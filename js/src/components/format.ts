/** Numbers as the inspector writes them. */

/** Two decimals; a dash for no score, which is not the same as 0.00. */
export function formatScore(score: number | null): string {
  return score === null ? "—" : score.toFixed(2);
}

export function count(number: number, one: string): string {
  return `${number.toLocaleString("en")} ${one}${number === 1 ? "" : "s"}`;
}
