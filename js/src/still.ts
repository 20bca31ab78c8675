/** While a pointer is pressed on the rows they stay where they are: what would change them waits. */
export const still: { until?: Promise<void> | undefined } = {};
