/** What the third script uses of the second, in the order it expects; the build fills this in. */
export const shared = (): readonly unknown[] => [];
