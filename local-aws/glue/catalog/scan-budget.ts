// How long one request may scan rows: the catalog answers one request after another, so none may hold up the rest.

/** What is left of a hostile pattern's work is done by the requests for the pages that follow. */
const mostMs = 100

/**
 * Says when to end a page early: once it holds back others for too long. A page may hold fewer rows than were asked for,
 * or none, and a token, which is how AWS answers as well.
 */
export class ScanBudget {
  readonly #endsAt = performance.now() + mostMs

  get isSpent(): boolean {
    return performance.now() > this.#endsAt
  }
}
