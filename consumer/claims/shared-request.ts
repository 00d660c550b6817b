// One request for many callers: a call that comes while one is under way gets the answer of the next.

/**
 * Makes concurrent calls share a request. A call resolves with the answer to a request that was sent after the call, so
 * it covers what was read before the call.
 */
export function sharedRequest(ask: () => Promise<void>): () => Promise<void> {
  /** The request that is under way, and the one that will be sent after it. */
  let asking: Promise<void> | undefined
  let next: Promise<void> | undefined
  return function confirm(): Promise<void> {
    if (!asking) {
      asking = ask().finally(() => {
        asking = undefined
      })
      return asking
    }
    // The request under way may have been answered before this call's records were read.
    next ??= asking
      .catch(() => {})
      .then(() => {
        next = undefined
        return confirm()
      })
    return next
  }
}
