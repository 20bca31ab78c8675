/** What the second script uses of the first, in the order it expects; the build fills this in. */
export const shared = (): readonly unknown[] => [];
