// Calls into the native client, each until its answer: a client that is closed while one is under way crashes the
// process, because the binding's admin client reads the memory of the client that it was made from.
import { Aborted } from '../retry.ts'

/**
 * Each call keeps one of Node's four pool threads until the broker answers. This many at a time leave one to polling,
 * and one to the rest of the process: name resolution for S3, and the client's own end.
 */
const AT_ONCE = 2

export class NativeCalls {
  readonly #underWay = new Set<Promise<unknown>>()
  #waiting: (() => void)[] = []
  #free = AT_ONCE
  #isClosed = false

  /**
   * Makes a call when fewer than two others are under way.
   * @throws Aborted when the client is being closed; what the call itself throws
   */
  async ask<T>(call: () => Promise<T>): Promise<T> {
    while (this.#free === 0 && !this.#isClosed) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    // Taken before anything is awaited, so that nobody else takes it meanwhile.
    this.#free--
    try {
      return await this.poll(call)
    } finally {
      this.#free++
      this.#waiting.shift()?.()
    }
  }

  /** Makes a call at once, however many are under way. @throws Aborted when the client is being closed */
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

  /** A call that is answered at once; undefined when the client is being closed. */
  now<T>(call: () => T): T | undefined {
    return this.#isClosed ? undefined : call()
  }

  /** Lets no further call begin. Resolves when none is under way any more. */
  async close(): Promise<void> {
    this.#isClosed = true
    for (const wake of this.#waiting.splice(0)) wake()
    await Promise.allSettled(this.#underWay)
  }
}
