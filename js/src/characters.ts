/** Characters as the kernel counts them: JavaScript counts those beyond U+FFFF twice. */
export function characters(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}
