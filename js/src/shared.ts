/** The modules of the first script that the second one uses; the build fills this in. */
export const shared: Record<string, unknown> = {};
