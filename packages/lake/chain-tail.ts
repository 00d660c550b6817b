// The end of a partition's chain: its newest claim, and the landed offset.

import { type Claim, shiftOf } from '@ticklake/contract/claim.ts'
import type { Lake } from '@ticklake/contract/keys.ts'
import { type ChainLink, claimKeys, readLink } from './claims.ts'
import { isComplete } from './completeness.ts'
import type { ObjectSource } from './object-source.ts'

export interface ChainTail {
  readonly partition: number
  /** The newest claim, complete or not; undefined: the partition has none. */
  readonly newest: ChainLink | undefined
  /** When the newest claim was written, ms since 1970. */
  readonly newestAtMs: number | undefined
  /** The newest claim with all rows in the lake; undefined: there is none, or it is unusable. */
  readonly complete: Claim | undefined
  /** The landed offset: the end of the last complete claim. */
  readonly landedOffset: number
  /** How far the lake's offsets are above Kafka's; 0 unless Kafka has replaced landed records. */
  readonly shift: number
}

/** One LIST and one GET of the newest claim, and one more GET while that is incomplete. */
export async function readChainTail(
  source: ObjectSource,
  lake: Lake,
  topicId: string,
  partition: number,
): Promise<ChainTail> {
  const keys: string[] = []
  for await (const key of claimKeys(source, lake, topicId, partition, { limit: 2 })) keys.push(key)
  return tailOf(source, lake, partition, keys)
}

async function tailOf(
  source: ObjectSource,
  lake: Lake,
  partition: number,
  [key, keyBefore]: readonly string[],
): Promise<ChainTail> {
  if (key === undefined) {
    return {
      partition,
      newest: undefined,
      newestAtMs: undefined,
      complete: undefined,
      landedOffset: 0,
      shift: 0,
    }
  }
  const newest = await readLink(source, key)
  const newestAtMs = Date.now() - (newest.ageMs ?? 0)
  if (newest.claim && (await isComplete(source, lake, newest.claim))) {
    const { claim } = newest
    return { partition, newest, newestAtMs, complete: claim, landedOffset: claim.E, shift: shiftOf(claim) }
  }
  // A claim is written only when the one before it is complete, and starts where that one ends.
  const before = keyBefore === undefined ? undefined : await readLink(source, keyBefore)
  const shift = shiftOf(newest.claim ?? before?.claim)
  return { partition, newest, newestAtMs, complete: before?.claim, landedOffset: newest.S, shift }
}

/** Reads the tails of many partitions repeatedly; an unchanged complete tail costs one LIST. */
export class ChainTails {
  readonly #source: ObjectSource
  readonly #lake: Lake
  /** By partition, under the topic's id. */
  readonly #complete = new Map<string, ChainTail>()

  constructor(source: ObjectSource, lake: Lake) {
    this.#source = source
    this.#lake = lake
  }

  /** In the order of `partitions`. */
  async read(topicId: string, partitions: readonly number[]): Promise<ChainTail[]> {
    return Promise.all(partitions.map((partition) => this.#readOne(topicId, partition)))
  }

  async #readOne(topicId: string, partition: number): Promise<ChainTail> {
    const id = `${topicId}/${partition}`
    const keys: string[] = []
    for await (const key of claimKeys(this.#source, this.#lake, topicId, partition, { limit: 2 })) {
      keys.push(key)
    }
    const known = this.#complete.get(id)
    if (known && known.newest?.key === keys[0]) return known
    const tail = await tailOf(this.#source, this.#lake, partition, keys)
    if (tail.complete && tail.complete === tail.newest?.claim) this.#complete.set(id, tail)
    else this.#complete.delete(id)
    return tail
  }
}
