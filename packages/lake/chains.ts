// Reads a partition's chain of claims for an audit: all of it, or from an offset on.

import type { Claim } from '@ticklake/contract/claim.ts'
import { claimStart, type Lake } from '@ticklake/contract/keys.ts'
import { sleep } from '@ticklake/runtime/process.ts'
import { type ChainLink, claimKeys, readLink } from './claims.ts'
import { isComplete } from './completeness.ts'
import type { ObjectSource } from './object-source.ts'

export interface Chain {
  readonly topicId: string
  readonly partition: number
  /** Ascending by S, without the claim in flight. */
  readonly links: readonly ChainLink[]
  /** The newest claim, if it is incomplete and young enough that its consumer may still be writing it. */
  readonly inFlight?: Claim
}

export interface ChainReading {
  /** How old an incomplete newest claim may be; an older one counts as complete, so that its rows are lost. */
  readonly inFlightMs: number
  /** How long to wait for its objects, if that is shorter. */
  readonly waitMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

const GETS_AT_ONCE = 32
const POLL_MS = 250

/** The chain from the claim that starts at `from`. Waits for a claim that is being written. */
export async function readChain(
  source: ObjectSource,
  lake: Lake,
  topicId: string,
  partition: number,
  from: number,
  reading: ChainReading,
): Promise<Chain> {
  const keys: string[] = []
  for await (const key of claimKeys(source, lake, topicId, partition)) {
    if (claimStart(key) < from) break
    keys.push(key)
  }
  const links = (await readLinks(source, keys)).reverse()
  const newest = links.at(-1)
  if (!newest?.claim || !(await isInFlight(source, lake, newest.claim, newest.ageMs, reading))) {
    return { topicId, partition, links }
  }
  return { topicId, partition, links: links.slice(0, -1), inFlight: newest.claim }
}

/** The links of these keys, in their order. */
export async function readLinks(source: ObjectSource, keys: readonly string[]): Promise<ChainLink[]> {
  const links: ChainLink[] = []
  for (let start = 0; start < keys.length; start += GETS_AT_ONCE) {
    const some = keys.slice(start, start + GETS_AT_ONCE)
    links.push(...(await Promise.all(some.map((key) => readLink(source, key)))))
  }
  return links
}

/** Waits until the claim is complete, too old to be in flight, or the wait is over. */
async function isInFlight(
  source: ObjectSource,
  lake: Lake,
  claim: Claim,
  ageMs: number | undefined,
  { inFlightMs, waitMs = inFlightMs, signal }: ChainReading,
): Promise<boolean> {
  const now = performance.now()
  const tooOldAt = now + inFlightMs - (ageMs ?? 0)
  const giveUpAt = now + waitMs
  while (true) {
    if (await isComplete(source, lake, claim)) return false
    if (signal?.aborted) return true
    if (performance.now() >= tooOldAt) return false
    if (performance.now() >= giveUpAt) return true
    await sleep(POLL_MS, signal)
  }
}
