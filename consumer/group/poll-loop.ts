// The poll loop: the next call to Kafka runs while a batch is handled, and assignments change only between two calls.
import type { Batch } from './record-source.ts'

export interface PollLoopOptions {
  readonly poll: () => Promise<Batch>
  readonly take: (batch: Batch) => void
  /** Whether memory is full, so that polling must pause. */
  readonly isFull: () => boolean
  /** Waits briefly for memory to be freed. @returns false when more records are needed to free any */
  readonly relieve: () => Promise<boolean>
  /** Ends the loop. */
  readonly signal: AbortSignal
}

export class PollLoop {
  readonly #options: PollLoopOptions
  /** Done between two calls, so that no batch spans a change of assignment. */
  #changes: (() => void)[] = []
  #hasEnded = false
  #turnedAt = performance.now()

  constructor(options: PollLoopOptions) {
    this.#options = options
  }

  /** How long ago the loop last made progress. */
  get idleMs(): number {
    return Math.round(performance.now() - this.#turnedAt)
  }

  /** Polls until the signal aborts. No call is in progress when it returns. @throws Failure of poll() */
  async run(): Promise<void> {
    const { poll, take, isFull, signal } = this.#options
    let next = poll()
    for (;;) {
      const batch = await next
      this.#turnedAt = performance.now()
      if (signal.aborted || this.#changes.length > 0 || isFull()) {
        take(batch)
        this.#changeNow()
        if (signal.aborted) return
        await this.#awaitCapacity()
        next = poll()
      } else {
        next = poll()
        take(batch)
      }
    }
  }

  /** Resolves when the change was made, between two calls. */
  async atNextCall(change: () => void): Promise<void> {
    // No call follows: waiting for one would keep the client from leaving the group.
    if (this.#hasEnded) return change()
    await new Promise<void>((resolve, reject) => {
      this.#changes.push(() => {
        try {
          change()
          resolve()
        } catch (error) {
          reject(error)
        }
      })
    })
  }

  /** No call follows: changes are made at once from now on. */
  end(): void {
    this.#hasEnded = true
    this.#changeNow()
  }

  async #awaitCapacity(): Promise<void> {
    const { isFull, relieve, signal } = this.#options
    while (isFull() && !signal.aborted) {
      if (!(await relieve())) return
      this.#turnedAt = performance.now()
      // No call is in progress, and a revoked partition must not wait for the memory of others.
      this.#changeNow()
    }
  }

  #changeNow(): void {
    for (const change of this.#changes.splice(0)) change()
  }
}
