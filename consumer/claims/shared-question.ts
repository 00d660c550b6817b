// One question for many askers: it is asked again for whoever comes while it is on its way.

/**
 * Makes many calls at a time share a question. A call resolves with an answer that was asked for after it was made:
 * what was read before the call is covered by it.
 */
export function sharedQuestion(ask: () => Promise<void>): () => Promise<void> {
  /** The question that is on its way, and the one that will be asked after it. */
  let asking: Promise<void> | undefined
  let next: Promise<void> | undefined
  return function confirm(): Promise<void> {
    if (!asking) {
      asking = ask().finally(() => {
        asking = undefined
      })
      return asking
    }
    // The one that is on its way may have been answered already, before this call's records were read.
    next ??= asking
      .catch(() => {})
      .then(() => {
        next = undefined
        return confirm()
      })
    return next
  }
}
