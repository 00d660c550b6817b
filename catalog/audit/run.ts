// Reads the facts of an audit from Kafka, S3 and Athena while everything runs, in an order that keeps them comparable.

import type { Aws } from '@ticklake/aws/clients.ts'
import type { LakeConfig } from '@ticklake/aws/config.ts'
import { type Claim, shiftOf } from '@ticklake/contract/claim.ts'
import { parseDataKey, tablePrefix } from '@ticklake/contract/keys.ts'
import { RecordLookup } from '@ticklake/kafka/record-lookup.ts'
import type { Broker, TopicState } from '@ticklake/kafka/topic.ts'
import type { ChainEnd } from '@ticklake/lake/chain-end.ts'
import { type Chain, type ChainReading, readChain } from '@ticklake/lake/chains.ts'
import { readDataset } from '@ticklake/lake/dataset.ts'
import { inLakeOffsets } from '@ticklake/lake/era-offsets.ts'
import type { LandedOffsets } from '@ticklake/lake/landed-offsets.ts'
import { listHours } from '@ticklake/lake/listing.ts'
import { listManifests, readCompactedHours, readManifest } from '@ticklake/lake/manifests.ts'
import { Failure } from '@ticklake/runtime/errors.ts'
import type { CatalogConfig } from '../config.ts'
import { type AuditFacts, type AuditReport, auditReport } from './audit.ts'
import { checkChains } from './chain-check.ts'
import { chainEnds, checkChainEnds } from './chain-ends.ts'
import { ContentCheck, type ContentResult } from './content-check.ts'
import { listAuditedDeadFiles, readDeadRecords } from './dead-files.ts'
import { checkPartition, comparableSpans, type DeepCheck, uncomparedRows } from './deep-check.ts'
import { LandingWait, type Waiting } from './landing-wait.ts'
import type { CountedObject } from './path-ranges.ts'
import { comparedColumns } from './row-digest.ts'
import { readRowGroups } from './row-groups.ts'
import { noVerifiedHours, readVerifiedHours, verifyHours } from './verified-hours.ts'

/** Partitions that are read again at the same time. */
const PARTITIONS_AT_ONCE = 4

export interface AuditOptions extends Waiting {
  /** Reads every hour again, and the records that Kafka still has. */
  readonly deep: boolean
  /** When a newest claim counts as being written; CATALOG_IN_FLIGHT_MS by default. */
  readonly tail?: Pick<ChainReading, 'inFlightMs' | 'waitMs'>
}

export interface AuditOutcome {
  readonly topic: TopicState
  /** Nothing was ever written. */
  readonly empty: boolean
  /** False: after `waitMs`, earlier records were still not claimed and written. */
  readonly reached: boolean
  readonly scannedBytes: number
  readonly deepRecords: number
  /** What `deep` found in the columns of rows; undefined without `deep`. */
  readonly content: ContentResult | undefined
  readonly landedOffsets: LandedOffsets
  readonly report: AuditReport
}

/**
 * Audits, after waiting, if allowed, until current records have landed.
 * @throws Failure when a service does not answer, or the dataset is another topic's: then there is no result
 */
export async function runAudit(
  aws: Aws,
  broker: Broker,
  config: CatalogConfig,
  options: AuditOptions,
): Promise<AuditOutcome> {
  const wait = new LandingWait(aws, config.lake, options)
  for (;;) {
    options.onProgress?.('asking Kafka for its offsets')
    const topic = await broker.topic(options.signal)
    const reached = await wait.ofClaims(topic)
    const outcome = await auditOnce(aws, broker, config, options, { topic, wait, reached })
    if (!reached) return outcome
    // An era that began meanwhile has higher offsets, so records that seemed to have landed have not.
    if (outcome.eraBegan) continue
    const isTruncated = outcome.report.findings.some(({ kind }) => kind === 'broker')
    if (!isTruncated || !(await wait.ofEra(topic))) return outcome
  }
}

/**
 * Order matters: end offsets and claims first, then objects and rows, so that the objects of complete claims exist by
 * then, and newer ones are recognized as in flight by their names.
 */
async function auditOnce(
  aws: Aws,
  broker: Broker,
  config: CatalogConfig,
  options: AuditOptions,
  { topic, wait, reached }: { topic: TopicState; wait: LandingWait; reached: boolean },
): Promise<AuditOutcome & { readonly eraBegan: boolean }> {
  const { lake } = config
  const progress = options.onProgress ?? (() => {})
  const dataset = await readDataset(aws.bucket, lake)
  if (!dataset) return { ...(await emptyLake(aws, config, topic, reached)), eraBegan: false }
  if (dataset.topicId !== topic.topicId) {
    throw new Failure({
      code: 'TOPIC_CHANGED',
      what: `the dataset ${lake.dataset} is not of this topic; what landed is unchanged, and cannot be compared`,
      why: `it holds ${dataset.topic} with id ${dataset.topicId}, Kafka's ${topic.topic} has id ${topic.topicId}: the topic was deleted and recreated, or is a different one`,
      remedy: 'set KAFKA_TOPIC to the topic of the dataset, or LAKE_DATASET to a new dataset for this topic',
    })
  }
  progress('comparing the closed hours with their verifications')
  const verified = options.deep ? noVerifiedHours : await readVerifiedHours(aws.bucket, lake, topic.topicId)
  progress('reading the claims')
  const chains = await Promise.all(
    topic.partitions.map(({ partition }) =>
      readChain(aws.bucket, lake, topic.topicId, partition, verified.base.get(partition)?.landedOffset ?? 0, {
        inFlightMs: config.inFlightMs,
        ...options.tail,
        signal: options.signal,
      }),
    ),
  )
  const ends = await chainEnds(aws.bucket, lake, topic.topicId, topic.partitions)
  // Read again, so that records claimed meanwhile do not seem to be missing from the broker.
  const { partitions } = await broker.topic(options.signal)
  const { claims, landedOffsets } = checkChains(chains, verified.base)
  progress(`listing the objects of ${claims.length} claims`)
  const hours = [
    ...verified.changedListings,
    ...(await collect(listHours(aws.bucket, lake, verified.startAfter))),
  ]
  await wait.ofHours(hours)
  const deadFiles = await listAuditedDeadFiles(aws.bucket, lake, verified.base)
  const deadRecords = await readDeadRecords(aws.bucket, lake, claims)
  const isRead = (hour: string) =>
    verified.after === undefined || hour > verified.after || verified.changed.includes(hour)
  const listed = hours.filter(({ hour }) => hour).flatMap(({ keys }) => keys)
  const scope = { topicId: topic.topicId, after: verified.after, changed: verified.changed, landedOffsets }
  const { groups, scannedBytes } = await readRowGroups(aws.athena, lake, scope, {
    objects: [
      ...listed.map((key) => ({ key, rows: mostRowsOf(lake, key) })),
      ...(await compactedObjects(aws, lake, isRead)),
    ],
    onProgress: progress,
    signal: options.signal,
    timeoutMs: config.queryTimeoutMs,
  })
  // After the rows, so that the manifest of the run that they were read from exists.
  const compactedHours = await readCompactedHours(aws.bucket, lake, isRead)
  const deep = options.deep
    ? await readAgain(aws, config, { ...topic, partitions }, claims, { progress, signal: options.signal })
    : { records: 0, findings: [], content: undefined }
  progress('comparing the last record of each partition with Kafka')
  using lookup = new RecordLookup(config.kafka, topic.topicId, 'ticklake-catalog')
  options.signal?.addEventListener('abort', () => lookup[Symbol.dispose](), { once: true })
  const replaced = await checkChainEnds(ends, partitions, lookup)
  const shifts = shiftsOfChains(chains, ends)
  const facts: AuditFacts = {
    lake,
    topicId: topic.topicId,
    partitions: inLakeOffsets(partitions, shifts),
    chains,
    base: verified.base,
    verifiedHours: verified.hours,
    listed,
    outsideHours: [
      ...verified.outsideHours,
      ...hours.filter(({ hour }) => !hour).flatMap(({ keys }) => keys),
    ],
    groups,
    deadRecords,
    listedDead: deadFiles.keys,
    deepFindings: [...deep.findings, ...replaced],
    changed: deep.content?.changed ?? 0,
    compactedHours,
  }
  const report = auditReport(facts)
  if (report.findings.length === 0 && report.recordedLoss === 0) {
    const right = hours.filter(({ hour }) => hour && !report.lateHours.has(hour))
    await verifyHours(aws.bucket, lake, facts, right, { claims, landedOffsets })
  }
  const { records: deepRecords, content } = deep
  const eraBegan = topic.partitions.some(({ partition }) =>
    wait.hasEraSince(partition, shifts.get(partition)),
  )
  return { topic, empty: false, reached, eraBegan, scannedBytes, deepRecords, content, landedOffsets, report }
}

/** As its name says; 0 for an object that no consumer wrote. */
function mostRowsOf(lake: LakeConfig, key: string): number {
  const named = parseDataKey(lake, key)
  return named ? named.E - named.S : 0
}

/** The objects that tables read in compacted hours. */
async function compactedObjects(
  { bucket }: Pick<Aws, 'bucket'>,
  lake: LakeConfig,
  isRead: (hour: string) => boolean,
): Promise<CountedObject[]> {
  const objects: CountedObject[] = []
  for (const [hour, newest] of await listManifests(bucket, lake)) {
    if (isRead(hour)) objects.push(...(await readManifest(bucket, lake, newest)).files)
  }
  return objects
}

/**
 * The contracts of the claims that were read; if an earlier audit made that unnecessary, those of the newest claims.
 */
function shiftsOfChains(
  chains: readonly Chain[],
  ends: ReadonlyMap<number, ChainEnd>,
): ReadonlyMap<number, number> {
  return new Map(
    chains.map(({ partition, links, inFlight }) => {
      const claim = inFlight ?? links.findLast((link) => link.claim)?.claim ?? ends.get(partition)?.newest
      return [partition, shiftOf(claim)]
    }),
  )
}

async function readAgain(
  { athena, bucket, glue }: Aws,
  { kafka, lake, queryTimeoutMs }: CatalogConfig,
  { topicId, partitions }: TopicState,
  claims: readonly Claim[],
  { progress, signal }: { progress: (doing: string) => void; signal: AbortSignal | undefined },
): Promise<DeepCheck & { readonly content: ContentResult }> {
  progress('asking Athena for the digests of the rows')
  const table = await glue.table(lake.database, lake.table)
  const types = (table?.StorageDescriptor?.Columns ?? []).map(({ Name, Type }) => [Name!, Type!] as const)
  const { compared, left } = comparedColumns(new Map(types))
  const { database, table: name } = lake
  const target = {
    athena,
    options: { signal, timeoutMs: queryTimeoutMs },
    database,
    table: name,
    topicId,
    compared,
  }
  const content = await ContentCheck.open(target, comparableSpans(partitions, claims))
  const checks: DeepCheck[] = []
  const all = partitions.entries()
  const lane = async () => {
    for (const [at, partition] of all) {
      progress(`reading partition ${partition.partition} again from Kafka`)
      checks[at] = await checkPartition({ kafka, bucket, lake, content }, partition, claims)
    }
  }
  // Each has its own connection, and spends most of its time opening and closing it.
  await Promise.all(Array.from({ length: PARTITIONS_AT_ONCE }, lane))
  progress('comparing the rows with Kafka')
  const result = await content.result()
  const uncompared = [
    ...uncomparedRows(partitions, claims),
    ...result.uncompared,
    ...left.map((column) => `the column ${column}, which the table lacks or has with another type`),
  ]
  return {
    records: checks.reduce((sum, { records }) => sum + records, 0),
    findings: [...checks.flatMap(({ findings }) => findings), ...result.findings],
    content: { ...result, uncompared },
  }
}

async function emptyLake(
  { bucket }: Aws,
  { lake }: CatalogConfig,
  topic: TopicState,
  reached: boolean,
): Promise<AuditOutcome> {
  for await (const { key } of bucket.list(tablePrefix(lake), { limit: 1 })) {
    throw new Failure({
      code: 'DATASET_MISSING',
      what: `there are objects in ${tablePrefix(lake)}, but no dataset.json beside their claims; nothing was checked`,
      why: `for example s3://${bucket.name}/${key}`,
      remedy:
        'set LAKE_PREFIX and LAKE_DATASET to a dataset that the consumer wrote, or restore dataset.json',
    })
  }
  const produced = topic.partitions.reduce((sum, { end }) => sum + end, 0)
  const waiting = topic.partitions.reduce((sum, { low, end }) => sum + end - low, 0)
  const sums = {
    rows: 0,
    dead: 0,
    gaps: 0,
    skipped: 0,
    landed: 0,
    lost: 0,
    twice: 0,
    changed: 0,
    recordedLoss: 0,
    inFlight: 0,
  }
  const report = {
    ...sums,
    produced,
    waiting,
    late: 0,
    lateHours: new Set<string>(),
    claims: 0,
    objects: 0,
    verifiedHours: 0,
    findings: [],
  }
  return {
    topic,
    empty: true,
    reached,
    scannedBytes: 0,
    deepRecords: 0,
    content: undefined,
    landedOffsets: new Map(),
    report,
  }
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}
