/** Scores that a hand gives with one press: thumbs, and marks from 1 to 5. */

/** Key to score; all lie between 0 and 1, where most metrics do, so that they can be compared. */
export const HAND_SCORES: Readonly<Record<string, number | null>> = {
  ...{ "+": 1, "-": 0, "0": null },
  ...{ "1": 0, "2": 0.25, "3": 0.5, "4": 0.75, "5": 1 },
};

/** Buttons with the key that does the same. */
export const THUMBS = [
  ["+", "Thumbs up"],
  ["-", "Thumbs down"],
] as const;

export const MARKS = ["1", "2", "3", "4", "5"] as const;
