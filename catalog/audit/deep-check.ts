// Re-reads the records that Kafka still has, and compares the claims with them: gaps must hold no record, and each row
// and dead letter must equal its record.
import type { Bucket } from '@ticklake/aws/s3.ts'
import { type Claim, claimRows, shiftOf } from '@ticklake/contract/claim.ts'
import { CONTRACT_VERSION } from '@ticklake/contract/columns.ts'
import { deadKey, type Lake } from '@ticklake/contract/keys.ts'
import { rejectTimestamp, validate } from '@ticklake/contract/validation.ts'
import type { KafkaConfig } from '@ticklake/kafka/config.ts'
import { type HeldRecord, heldRecords, type TopicPartition } from '@ticklake/kafka/topic.ts'
import { parseDeadFile } from '@ticklake/lake/dead-files.ts'
import type { ContentCheck, OffsetSpan } from './content-check.ts'
import { counted, type Finding, finding } from './finding.ts'

export interface DeepCheck {
  /** Records that were read again. */
  readonly records: number
  readonly findings: readonly Finding[]
}

export interface DeepReading {
  readonly kafka: KafkaConfig
  readonly bucket: Pick<Bucket, 'text'>
  readonly lake: Lake
  readonly content: ContentCheck
}

/** @throws Failure KAFKA_UNREACHABLE when the partition cannot be read to its landed offset */
export async function checkPartition(
  reading: DeepReading,
  partition: TopicPartition,
  claims: readonly Claim[],
): Promise<DeepCheck> {
  const findings: Finding[] = []
  let records = 0
  for (const segment of segments(heldClaims(partition, claims))) {
    const [first, last] = [segment[0]!, segment.at(-1)!]
    const shift = shiftOf(first)
    const held = shifted(
      heldRecords(reading.kafka, partition.partition, first.S - shift, last.E - shift),
      shift,
    )
    const check = await checkRecords(segment, comparing(reading, segment, held, findings))
    findings.push(...check.findings)
    records += check.records
  }
  return { records, findings }
}

/** Adjacent claims of one era, which can be read in one go. */
function segments(claims: readonly Claim[]): Claim[][] {
  const all: Claim[][] = []
  for (const claim of claims) {
    const last = all.at(-1)?.at(-1)
    if (last && last.E === claim.S && shiftOf(last) === shiftOf(claim)) all.at(-1)!.push(claim)
    else all.push([claim])
  }
  return all
}

/** The records at their offsets in the lake. */
async function* shifted(records: AsyncIterable<HeldRecord[]>, shift: number): AsyncGenerator<HeldRecord[]> {
  for await (const batch of records) {
    yield shift === 0
      ? batch
      : batch.map(({ offset, timestamp, value }) => ({ offset: offset + shift, timestamp, value }))
  }
}

/** The offsets of rows that can be compared with records: Kafka has them, and this release knows their contract. */
export function comparableSpans(
  partitions: readonly TopicPartition[],
  claims: readonly Claim[],
): OffsetSpan[] {
  const spans: OffsetSpan[] = []
  for (const partition of partitions) {
    for (const { S, E, contract } of heldClaims(partition, claims)) {
      if (contract > CONTRACT_VERSION) continue
      const last = spans.at(-1)
      if (last?.partition === partition.partition && last.to === S)
        spans[spans.length - 1] = { ...last, to: E }
      else spans.push({ partition: partition.partition, from: S, to: E })
    }
  }
  return spans
}

/** The rows that cannot be compared, one sentence per reason. */
export function uncomparedRows(partitions: readonly TopicPartition[], claims: readonly Claim[]): string[] {
  const held = new Set(partitions.flatMap((partition) => heldClaims(partition, claims)))
  let [gone, newer] = [0, 0]
  for (const claim of claims) {
    if (!held.has(claim)) gone += claimRows(claim)
    else if (claim.contract > CONTRACT_VERSION) newer += claimRows(claim)
  }
  return [
    ...(gone > 0 ? [`${counted(gone, 'row')} in claims of which Kafka no longer has all records`] : []),
    ...(newer > 0 ? [`${counted(newer, 'row')} of a contract that this release does not know`] : []),
  ]
}

/**
 * The claims of which Kafka has all records. If it has replaced some, it still has those from before the logs diverge.
 */
function heldClaims({ partition, low, end }: TopicPartition, claims: readonly Claim[]): readonly Claim[] {
  const held: Claim[] = []
  let limit = end
  for (const claim of claims.toReversed()) {
    if (claim.partition !== partition) continue
    const shift = shiftOf(claim)
    if (claim.begins) limit = Math.min(limit, claim.begins.kafkaOffset)
    else if (claim.S - shift >= low && claim.E - shift <= limit) held.push(claim)
  }
  return held.reverse()
}

/** Pure except for its source: `claims` ascend without a hole, `offsets` are the committed records in their range. */
export async function checkRecords(
  claims: readonly Claim[],
  offsets: AsyncIterable<number[]> | Iterable<number[]>,
): Promise<DeepCheck> {
  const findings: Finding[] = []
  let at = 0
  let inClaim = 0
  let records = 0
  const close = () => {
    const found = checkClaim(claims[at]!, inClaim)
    if (found) findings.push(found)
    at++
    inClaim = 0
  }
  for await (const batch of offsets) {
    for (const offset of batch) {
      while (at < claims.length && offset >= claims[at]!.E) close()
      if (at === claims.length) break
      inClaim++
      records++
    }
  }
  while (at < claims.length) close()
  return { records, findings }
}

/** Yields the offsets of the records, and compares each record with what its claim has landed. */
async function* comparing(
  { bucket, lake, content }: DeepReading,
  claims: readonly Claim[],
  records: AsyncIterable<HeldRecord[]>,
  changed: Finding[],
): AsyncGenerator<number[]> {
  const rows = content.partition(claims[0]!.partition)
  let at = 0
  let rejected = new Map<number, string>()
  const closeClaim = async () => {
    const claim = claims[at++]!
    if (rejected.size > 0) changed.push(...(await changedDeadLetters(bucket, lake, claim, rejected)))
    rejected = new Map()
  }
  for await (const batch of records) {
    for (const { offset, timestamp, value } of batch) {
      while (at < claims.length && offset >= claims[at]!.E) await closeClaim()
      const claim = claims[at]
      if (!claim || claim.skipped > 0 || claim.contract > CONTRACT_VERSION) continue
      const result = rejectTimestamp(timestamp)
        ? undefined
        : validate(value, claim.contract, claim.aliases === true)
      if (result?.accepted) rows.expect({ offset, timestampMs: timestamp!, canonical: result.canonical })
      else rejected.set(offset, deadText(timestamp, value))
    }
    yield batch.map(({ offset }) => offset)
  }
  while (at < claims.length) await closeClaim()
  rows.end()
}

/** A dead-letter file that is missing or short is another finding. */
async function changedDeadLetters(
  bucket: Pick<Bucket, 'text'>,
  lake: Lake,
  claim: Claim,
  rejected: ReadonlyMap<number, string>,
): Promise<Finding[]> {
  const key = deadKey(lake, claim)
  const text = (await bucket.text(key))?.text
  if (text === undefined) return []
  const { letters } = parseDeadFile(text)
  const different = letters.filter(({ offset, timestampMs, value }) => {
    const bytes = value === null ? null : Buffer.from(value, 'base64')
    const expected = rejected.get(offset)
    return expected !== undefined && expected !== deadText(timestampMs ?? undefined, bytes)
  })
  if (different.length === 0) return []
  return [
    finding(
      'content',
      `${key}: ${counted(different.length, 'dead letter')} with another value or time than Kafka’s record, the first at offset ${different[0]!.offset}`,
      'restore the file as the consumer wrote it; the dead-letter topic has a copy',
    ),
  ]
}

function deadText(timestampMs: number | undefined, value: Uint8Array | null): string {
  const time = timestampMs === undefined || timestampMs < 0 ? 'none' : timestampMs
  return `${time} ${value === null ? 'null' : Buffer.from(value).toString('base64')}`
}

function checkClaim(claim: Claim, records: number): Finding | undefined {
  const accounted = claimRows(claim) + claim.dead + claim.skipped
  // Skipped offsets may have been markers; they were not read.
  if (records === accounted || (claim.skipped > 0 && records <= accounted)) return undefined
  const where = `partition ${claim.partition}, offsets ${claim.S} to ${claim.E - 1}`
  if (records > accounted) {
    return finding(
      'gap',
      `${where}: Kafka holds ${counted(records, 'record')}, the claim accounts for ${accounted} and calls the rest gaps`,
      'land the topic again as a second dataset while Kafka holds it (LAKE_DATASET), and keep both',
      { lost: records - accounted },
    )
  }
  return finding(
    'gap',
    `${where}: Kafka holds ${counted(records, 'record')}, the claim accounts for ${accounted}`,
    'if the topic is compacted, Kafka deletes older records after they have landed; otherwise find out which rows have no record',
  )
}
