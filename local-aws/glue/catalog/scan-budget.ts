// Limits how long one request may scan rows: the catalog answers one request after another, so none may delay the rest.

/** The rest of a hostile pattern's work is left to the requests for the next pages. */
const mostMs = 100

/**
 * Decides when to end a page early, so that others do not wait for too long. Such a page has fewer rows than requested,
 * or none, and a token, as AWS's answers may.
 */
export class ScanBudget {
  readonly #endsAt = performance.now() + mostMs

  get isSpent(): boolean {
    return performance.now() > this.#endsAt
  }
}
