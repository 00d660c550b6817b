// Reads claims one by one. All readers parse stored claims here, so that they agree on what a bad one is.

import { fromOldVersion } from '@ticklake/aws/old-versions.ts'
import { type Claim, parseClaim } from '@ticklake/contract/claim.ts'
import { claimKey, claimsPrefix, type Lake, parseClaimKey } from '@ticklake/contract/keys.ts'
import { Failure, reasonOf } from '@ticklake/runtime/errors.ts'
import type { ObjectSource } from './object-source.ts'

/** A link of the chain: a claim, or the reason why it is unusable. */
export type ChainLink = {
  readonly key: string
  /** The start offset according to the key. */
  readonly S: number
  /** Its age; undefined if the bucket's clock does not say. */
  readonly ageMs?: number | undefined
} & (
  | { readonly claim: Claim; readonly fault?: undefined }
  | { readonly claim?: undefined; readonly fault: string }
)

/**
 * Reads what is stored under the key of a claim. A claim that is missing, cannot be parsed, or is about other records
 * than its key says is a link with a fault: nothing of it counts as landed.
 */
export async function readLink(source: ObjectSource, key: string): Promise<ChainLink> {
  const named = parseClaimKey(key)
  const stored = await source.text(key)
  const link = { key, S: named.S, ageMs: stored?.ageMs }
  if (!stored) return { ...link, fault: 'it was listed, but does not exist' }
  try {
    const claim = parseClaim(stored.text)
    for (const field of ['topicId', 'partition', 'S'] as const) {
      if (claim[field] !== named[field]) {
        throw new Error(`its ${field} is ${claim[field]}, and ${named[field]} by its key`)
      }
    }
    return { ...link, claim }
  } catch (error) {
    return { ...link, fault: reasonOf(error) }
  }
}

/** The claim that starts at S, or undefined if there is no usable one. */
export async function readClaimAt(
  source: ObjectSource,
  lake: Lake,
  range: { readonly topicId: string; readonly partition: number; readonly S: number },
): Promise<Claim | undefined> {
  return (await readLink(source, claimKey(lake, range.topicId, range.partition, range.S))).claim
}

/**
 * The keys of a partition's claims, the newest first.
 * @throws Failure CLAIM_UNREADABLE for an object among them without a claim's name
 */
export async function* claimKeys(
  source: ObjectSource,
  lake: Lake,
  topicId: string,
  partition: number,
  options: { limit?: number; startAfter?: string } = {},
): AsyncGenerator<string> {
  for await (const { key } of source.list(claimsPrefix(lake, topicId, partition), options)) {
    requireClaimKey(key)
    yield key
  }
}

/** What is stored of a partition's chain, the newest first, of which one LIST asks for no other. */
export async function* newestLinks(
  source: ObjectSource,
  lake: Lake,
  topicId: string,
  partition: number,
): AsyncGenerator<ChainLink> {
  let newest: string | undefined
  for await (const key of claimKeys(source, lake, topicId, partition, { limit: 1 })) newest = key
  if (newest === undefined) return
  yield readLink(source, newest)
  for await (const key of claimKeys(source, lake, topicId, partition, { startAfter: newest }))
    yield readLink(source, key)
}

function requireClaimKey(key: string): void {
  try {
    parseClaimKey(key)
  } catch (error) {
    throw new Failure({
      code: 'CLAIM_UNREADABLE',
      what: `${key} is no claim but lies among the claims of a partition, which are not read`,
      why: reasonOf(error),
      remedy: 'find out who put it there, and move it away; never delete or rename a claim',
    })
  }
}

/**
 * The claim of a link, for callers that cannot continue without it. @param meanwhile what a failure means for the data
 * @throws Failure CLAIM_UNREADABLE
 */
export function usableClaim({ key, claim, fault }: ChainLink, meanwhile: string): Claim {
  if (claim) return claim
  throw new Failure({
    code: 'CLAIM_UNREADABLE',
    what: `the claim ${key} cannot be used; ${meanwhile}`,
    why: fault,
    remedy: `restore it ${fromOldVersion}, or run the release that wrote it; never delete a claim`,
  })
}
