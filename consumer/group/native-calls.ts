// Tracks calls into the native client until they are answered: closing the client during a call crashes the process,
// because the binding's admin client reads the memory of the client that it was made from.
import { Aborted } from '../retry.ts'

/**
 * Each call occupies one of Node's four pool threads until the broker answers. This limit leaves one for polling, and
 * one for the rest of the process: name resolution for S3, and closing the client.
 */
const AT_ONCE = 2

export class NativeCalls {
  readonly #underWay = new Set<Promise<unknown>>()
  #waiting: (() => void)[] = []
  #free = AT_ONCE
  #isClosed = false

  /**
   * Makes a call when fewer than two others are in progress.
   * @throws Aborted when the client is being closed; what the call itself throws
   */
  async ask<T>(call: () => Promise<T>): Promise<T> {
    while (this.#free === 0 && !this.#isClosed) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    // Taken before any await, so that no other call takes it meanwhile.
    this.#free--
    try {
      return await this.poll(call)
    } finally {
      this.#free++
      this.#waiting.shift()?.()
    }
  }

  /** Makes a call at once, regardless of the limit. @throws Aborted when the client is being closed */
  async poll<T>(call: () => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new Aborted()
    const answer = call()
    this.#underWay.add(answer)
    try {
      return await answer
    } finally {
      this.#underWay.delete(answer)
    }
  }

  /** A call that is answered synchronously; undefined when the client is being closed. */
  now<T>(call: () => T): T | undefined {
    return this.#isClosed ? undefined : call()
  }

  /** Lets no further call begin. Resolves when none is in progress. */
  async close(): Promise<void> {
    this.#isClosed = true
    for (const wake of this.#waiting.splice(0)) wake()
    await Promise.allSettled(this.#underWay)
  }
}
