/** Numbers as the inspector writes them. */

/** Two decimals; a dash for no score, which is not the same as 0.00. */
export function formatScore(score: number | null): string {
  return score === null ? "—" : score.toFixed(2);
}

export function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
}
