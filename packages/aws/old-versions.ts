// Where deleted objects of the bucket can be restored from: one wording for all findings.

/** Completes "restore it ...". */
export const fromOldVersion =
  'from an old version of the bucket (kept for 30 days by the stack on AWS, not by the local one; how: docs/troubleshooting.md, "An object is gone") or from a backup'
