/** Keys of the bucket `meta`. */
export const metaKeys = {
  consistentIndex: "consistent_index",
  term: "term",
  confState: "confState",
  storageVersion: "storageVersion",
} as const;
