// Reads the chain of claims of each partition back from the bucket: what was promised, and up to where it was kept.

import type { LakeConfig } from '@ticklake/aws/config.ts'
import type { Bucket } from '@ticklake/aws/s3.ts'
import { type Claim, type Dataset, parseClaim } from '@ticklake/contract/claim.ts'
import {
  claimKey,
  claimStart,
  claimsPrefix,
  controlPrefix,
  datasetKey,
  deadKey,
  offsetDigits,
  parseDataKey,
} from '@ticklake/contract/keys.ts'
import { Failure, reasonOf } from '@ticklake/runtime/errors.ts'
import { sleep } from '@ticklake/runtime/process.ts'

/** A claim's place in the chain; `claim` is absent when what lies there is no claim. */
export interface ChainLink {
  readonly key: string
  readonly S: number
  readonly claim?: Claim
  readonly fault?: string
}

export interface Chain {
  readonly topicId: string
  readonly partition: number
  /** Ascending by S, without the one in flight. */
  readonly links: readonly ChainLink[]
  /** The newest claim, when its objects are not all there and it is young enough to be written just now. */
  readonly inFlight?: Claim
}

export interface ClaimReading {
  /** How old a newest claim may be with objects missing; older, it counts as complete and its rows as lost. */
  readonly inFlightMs: number
  /** How long its objects are waited for, where that is shorter. */
  readonly waitMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

const GETS_AT_ONCE = 32
const POLL_MS = 250

/**
 * What was fixed when the dataset was first written; undefined: nothing was ever written.
 * @throws Failure DATASET_UNREADABLE, DATASET_DIFFERS when LAKE_FORMAT is not the dataset's
 */
export async function readDataset(bucket: Bucket, lake: LakeConfig): Promise<Dataset | undefined> {
  const key = datasetKey(lake)
  const stored = await bucket.text(key)
  if (!stored) return undefined
  let dataset: Dataset
  try {
    dataset = JSON.parse(stored.text) as Dataset
  } catch (error) {
    throw new Failure({
      code: 'DATASET_UNREADABLE',
      what: `s3://${bucket.name}/${key} is not readable; nothing can be said of the dataset`,
      why: reasonOf(error),
      remedy: 'put back the object as the consumer wrote it',
    })
  }
  if (dataset.format !== lake.format) {
    throw new Failure({
      code: 'DATASET_DIFFERS',
      what: `the dataset ${lake.dataset} is written in ${dataset.format}; nothing was checked`,
      why: `LAKE_FORMAT is ${lake.format}`,
      remedy: `set LAKE_FORMAT=${dataset.format}, or LAKE_DATASET to the dataset that you mean`,
    })
  }
  return dataset
}

/** The chain from the claim that starts at `from` on. Waits for a claim that is being written. */
export async function readChain(
  bucket: Bucket,
  lake: LakeConfig,
  topicId: string,
  partition: number,
  from: number,
  reading: ClaimReading,
): Promise<Chain> {
  const keys: string[] = []
  for await (const { key } of bucket.list(claimsPrefix(lake, topicId, partition))) {
    if (claimStart(key) < from) break
    keys.push(key)
  }
  keys.reverse()
  const links: ChainLink[] = []
  for (let start = 0; start < keys.length; start += GETS_AT_ONCE) {
    links.push(
      ...(await Promise.all(keys.slice(start, start + GETS_AT_ONCE).map((key) => readLink(bucket, key)))),
    )
  }
  const tail = links.at(-1)
  const settled = tail?.claim === undefined || (await settles(bucket, lake, tail, reading))
  if (settled) return { topicId, partition, links }
  return { topicId, partition, links: links.slice(0, -1), inFlight: tail.claim }
}

/** Up to where the partition is claimed and written: the end of the newest claim whose objects are all there. */
export async function readCutOff(
  bucket: Bucket,
  lake: LakeConfig,
  topicId: string,
  partition: number,
): Promise<number> {
  for await (const { key } of bucket.list(claimsPrefix(lake, topicId, partition), { limit: 1 })) {
    const { S, claim } = await readLink(bucket, key)
    return claim && (await isComplete(bucket, lake, claim)) ? claim.E : S
  }
  return 0
}

/** The claim that begins a partition's chain; undefined when there is none that can be read. */
export async function readFirstClaim(
  bucket: Bucket,
  lake: LakeConfig,
  topicId: string,
  partition: number,
): Promise<Claim | undefined> {
  return (await readLink(bucket, claimKey(lake, topicId, partition, 0))).claim
}

/** The cut-off of each partition that has claims; asks S3 alone. Empty when nothing was ever written. */
export async function readCutOffs(
  bucket: Bucket,
  lake: LakeConfig,
): Promise<{ topicId: string; cutOffs: Map<number, number> } | undefined> {
  const dataset = await readDataset(bucket, lake)
  if (!dataset) return undefined
  const cutOffs = new Map<number, number>()
  for await (const folder of bucket.folders(`${controlPrefix(lake)}claims/${dataset.topicId}/`)) {
    const partition = Number(folder.slice(0, -1).split('/').at(-1))
    cutOffs.set(partition, await readCutOff(bucket, lake, dataset.topicId, partition))
  }
  return { topicId: dataset.topicId, cutOffs }
}

/** Whether every object that the claim promises is there; its dead file is written last. */
export async function isComplete(bucket: Bucket, lake: LakeConfig, claim: Claim): Promise<boolean> {
  if (claim.dead > 0 && !(await bucket.exists(deadKey(lake, claim)))) return false
  for (const file of claim.files) {
    const there = file.key.includes('{offset}')
      ? (await countRecords(bucket, lake, claim, file.key)) === file.rows
      : await bucket.exists(file.key)
    if (!there) return false
  }
  return true
}

async function countRecords(
  bucket: Bucket,
  lake: LakeConfig,
  claim: Claim,
  template: string,
): Promise<number> {
  const [before] = template.split('{offset}')
  // Sorts right before the first record's key, which goes on with `.json`.
  const first = `${before}${offsetDigits(claim.S)}`
  let count = 0
  for await (const { key } of bucket.list(before!, { startAfter: first })) {
    const named = parseDataKey(lake, key)
    if (!named || named.S >= claim.E) break
    count++
  }
  return count
}

async function readLink(bucket: Bucket, key: string): Promise<ChainLink> {
  const S = claimStart(key)
  const stored = await bucket.text(key)
  if (!stored) return { key, S, fault: 'it was listed, but is not there' }
  try {
    const claim = parseClaim(stored.text)
    if (claim.S !== S) return { key, S, fault: `it says that it starts at ${claim.S}` }
    return { key, S, claim }
  } catch (error) {
    return { key, S, fault: reasonOf(error) }
  }
}

/** True: the newest claim is complete, or too old to be in flight. False: it is being written. */
async function settles(
  bucket: Bucket,
  lake: LakeConfig,
  tail: ChainLink,
  { inFlightMs, waitMs = inFlightMs, signal }: ClaimReading,
): Promise<boolean> {
  const stored = await bucket.text(tail.key)
  const deadline = performance.now() + inFlightMs - (stored?.ageMs ?? 0)
  const patience = performance.now() + waitMs
  while (true) {
    if (await isComplete(bucket, lake, tail.claim!)) return true
    if (signal?.aborted) return false
    if (performance.now() >= deadline) return true
    if (performance.now() >= patience) return false
    await sleep(POLL_MS, signal)
  }
}

/** The records of a claim that are rows, refused, gaps or skipped, added to others. */
export interface ChainSums {
  readonly rows: number
  readonly dead: number
  readonly gaps: number
  readonly skipped: number
}

export const noSums: ChainSums = { rows: 0, dead: 0, gaps: 0, skipped: 0 }
