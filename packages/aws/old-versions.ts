// Where what is gone from the bucket can be had back from: one wording for every finding that says so.

/** Completes "put it back ...". */
export const fromOldVersion =
  'from an old version of the bucket (kept for 30 days by the stack on AWS, not by the local one; how: docs/troubleshooting.md, "An object is gone") or from a backup'
