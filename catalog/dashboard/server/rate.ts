// The rate of a counter over the last seconds, so that a flush does not show as a burst. Pure.

export class Rate {
  readonly #windowMs: number
  #points: { at: number; value: number }[] = []

  constructor(windowMs: number) {
    this.#windowMs = windowMs
  }

  add(at: number, value: number): void {
    const last = this.#points.at(-1)
    // A lower number means another topic or a restart, not a negative rate.
    if (last && value < last.value) this.#points = []
    this.#points.push({ at, value })
    while (this.#points.length > 2 && at - this.#points[1]!.at >= this.#windowMs) this.#points.shift()
  }

  /** Per second; null until two points are known. */
  perSecond(): number | null {
    const first = this.#points[0]
    const last = this.#points.at(-1)
    if (!first || !last || last.at === first.at) return null
    return ((last.value - first.value) * 1000) / (last.at - first.at)
  }

  reset(): void {
    this.#points = []
  }
}
