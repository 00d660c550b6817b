// Shares one request between callers: a call during a request gets the answer of the next one.

/**
 * Makes concurrent calls share a request. A call resolves with the answer to a request that was sent after the call, so
 * it covers what was read before the call.
 */
export function sharedRequest(ask: () => Promise<void>): () => Promise<void> {
  /** The request in progress, and the one that will follow it. */
  let asking: Promise<void> | undefined
  let next: Promise<void> | undefined
  return function confirm(): Promise<void> {
    if (!asking) {
      asking = ask().finally(() => {
        asking = undefined
      })
      return asking
    }
    // The request in progress may have been answered before this call's records were read.
    next ??= asking
      .catch(() => {})
      .then(() => {
        next = undefined
        return confirm()
      })
    return next
  }
}
