// One pass of compaction: for each closed hour the next step, until none is left. Safe to stop anywhere, and to run
// several times at once: only the bucket and Glue decide what to do (see packages/contract/compaction.ts).

import { randomBytes } from 'node:crypto'
import type { SteadyClock } from '@ticklake/aws/bucket-clock.ts'
import type { Aws } from '@ticklake/aws/clients.ts'
import type { LakeConfig } from '@ticklake/aws/config.ts'
import {
  batchRange,
  type CompactedFile,
  type CompactionStep,
  type HourFacts,
  type Manifest,
  nextCompaction,
  type Source,
} from '@ticklake/contract/compaction.ts'
import {
  compactedKey,
  fileExtensions,
  type HourPath,
  runPrefix,
  sequenceDigits,
} from '@ticklake/contract/keys.ts'
import type { Broker } from '@ticklake/kafka/topic.ts'
import { haveAllPassed } from '@ticklake/lake/closed-hours.ts'
import { readDataset } from '@ticklake/lake/dataset.ts'
import { runLocation } from '@ticklake/lake/manifests.ts'
import { hourName } from '@ticklake/lake/partitions.ts'
import { listTables } from '@ticklake/lake/tables.ts'
import { markSwitched, putManifest } from '@ticklake/lake/write/manifests.ts'
import { recordTable } from '@ticklake/lake/write/tables.ts'
import { codeOf, Failure, reasonOf } from '@ticklake/runtime/errors.ts'
import type { CatalogConfig } from '../config.ts'
import { type LakeState, readFolders, readFoldersOfHour, readHour, readProgress } from './lake-state.ts'
import { type Merger, startMerger } from './merger.ts'

/** Events during a pass; each is reported once. */
export interface CompactionEvents {
  /** Objects of an hour were merged; nothing reads the new ones yet. */
  readonly merged: (facts: { hour: string; from: number; to: number; rows: number; late: boolean }) => void
  readonly switched: (facts: { hour: string; tables: readonly string[] }) => void
  readonly deleted: (facts: { hour: string; objects: number }) => void
  /** An hour that cannot be compacted; the others continue. */
  readonly refused: (facts: { hour: string; code: string; why: string }) => void
  /** A pass over all hours has ended. `pending`: hours with objects that cannot be merged yet. */
  readonly passed?: (facts: { pending: readonly string[] }) => void
}

export interface CompactionOptions {
  /** Only this hour (`2026-11-21-09`); all of them when absent. */
  readonly hour?: string | undefined
  readonly signal?: AbortSignal | undefined
  readonly events: CompactionEvents
}

type Parts = Pick<Aws, 'bucket' | 'glue'>

const GETS_AT_ONCE = 16
/** Errors of a single hour: of its objects, or of their size, which kills the merging thread. */
const HOURS_OWN = ['HOUR_NOT_AS_CLAIMED', 'MERGER_FAILED']

/**
 * Compacts the hours that can be compacted now.
 * @throws Failure BUCKET_CLOCK when the bucket returns no time, COMPACTION_REFUSED for a format that is never
 * compacted, and any error of S3, Glue or Kafka
 */
export async function compact(
  aws: Parts,
  broker: Pick<Broker, 'topicOnce'>,
  config: CatalogConfig,
  { hour, signal, events }: CompactionOptions,
): Promise<void> {
  const { lake } = config
  if (lake.format === 'json-object') {
    throw new Failure({
      code: 'COMPACTION_REFUSED',
      what: 'json-object is not compacted; its objects stay unchanged',
      why: 'this format has one object for each record, so that programs find records by their keys',
      remedy: 'for tables that are counted quickly use LAKE_FORMAT=parquet or jsonl',
    })
  }
  const clock = aws.bucket.clock.steady()
  const dataset = await readDataset(aws.bucket, lake)
  if (!dataset) return
  await recordTable(aws.bucket, lake)
  const topic = await broker.topicOnce()
  if (topic.topicId !== dataset.topicId) {
    throw new Failure({
      code: 'TOPIC_CHANGED',
      what: `the dataset ${lake.dataset} is not of this topic; nothing was compacted`,
      why: `it is of the topic with id ${dataset.topicId}, Kafka's ${topic.topic} has id ${topic.topicId}`,
      remedy: 'set KAFKA_TOPIC to the topic of the dataset',
    })
  }
  const chains = await readProgress(aws.bucket, lake, topic)
  const folders = await readFolders(aws.bucket, lake)
  const state: LakeState = {
    topicId: topic.topicId,
    chains,
    ...folders,
    tables: await readTableLocations(aws, lake),
  }
  await using merger = startMerger()
  const hours = new Map([
    ...state.rawHours,
    ...[...state.manifests].map(([name, { dt, hour: h }]) => [name, { dt, hour: h }] as const),
  ])
  const pending: string[] = []
  for (const [name, path] of [...hours].sort(([a], [b]) => a.localeCompare(b))) {
    if (signal?.aborted) return
    if (hour !== undefined && hour !== name) continue
    if (isDone(lake, state, name)) continue
    try {
      if (await compactHour(aws, config, state, path, { clock, merger, signal, events })) pending.push(name)
    } catch (error) {
      if (signal?.aborted) return
      pending.push(name)
      // One bad hour must not block the others; errors of services go to the caller.
      if (error instanceof Failure && !HOURS_OWN.includes(error.code)) throw error
      events.refused({
        hour: name,
        code: codeOf(error) ?? 'HOUR_NOT_AS_CLAIMED',
        why: error instanceof Failure ? (error.why ?? error.message) : reasonOf(error),
      })
    }
  }
  if (hour === undefined && !signal?.aborted) events.passed?.({ pending })
}

/** The existing tables of the dataset, and where they have each hour. */
async function readTableLocations({ bucket, glue }: Parts, lake: LakeConfig): Promise<LakeState['tables']> {
  const tables: LakeState['tables'][number][] = []
  for (const name of await listTables(bucket, lake)) {
    const locations = await glue.partitionLocations(name.database, name.table)
    if (locations) tables.push({ ...name, locations })
  }
  return tables
}

/** Without a request: whether every table reads the newest run, and nothing else of the hour is left. */
function isDone(lake: LakeConfig, state: LakeState, name: string): boolean {
  const newest = state.manifests.get(name)
  if (!newest || state.rawHours.has(name)) return false
  const folder = runPrefix(lake, newest, `${sequenceDigits(newest.seq)}-`).slice(0, -1)
  const keys = state.compacted.get(name) ?? []
  const [run] = keys.map((key) => key.slice(0, key.lastIndexOf('/') + 1))
  if (!run?.startsWith(folder) || keys.some((key) => !key.startsWith(run))) return false
  return state.tables.every(({ locations }) => locations.get(name) === `s3://${lake.bucket}/${run}`)
}

interface Work {
  readonly clock: SteadyClock
  readonly merger: Merger
  readonly signal: AbortSignal | undefined
  readonly events: CompactionEvents
}

/** @returns whether objects are left that a later pass has to merge */
async function compactHour(
  aws: Parts,
  config: CatalogConfig,
  state: LakeState,
  path: HourPath,
  work: Work,
): Promise<boolean> {
  let current = state
  while (!work.signal?.aborted) {
    const facts = await readHour(aws.bucket, config.lake, current, path, {
      clock: work.clock,
      deleteAfterMs: config.compactDeleteAfterMs,
    })
    const step = nextCompaction(facts)
    if (!step && facts.orphans.length > 0) {
      work.events.refused({
        hour: hourName(path),
        code: 'HOUR_NOT_AS_CLAIMED',
        why: `no claim names ${facts.orphans[0]}${facts.orphans.length > 1 ? ` and ${facts.orphans.length - 1} more` : ''}: run \`catalog audit\``,
      })
    }
    if (!step) return facts.orphans.length > 0 || isBehind(config.lake, current, path, facts)
    await perform(aws, config.lake, current, path, step, work)
    current = await readAgain(aws, config.lake, current, path)
  }
  return true
}

/** Whether small objects stay because a chain has not passed the hour yet, although the topic has later records. */
function isBehind(lake: LakeConfig, { chains }: LakeState, path: HourPath, facts: HourFacts): boolean {
  const wouldMerge = nextCompaction({ ...facts, isPast: true })?.do === 'merge'
  return wouldMerge && !haveAllPassed(lake, hourName(path), chains)
}

async function perform(
  aws: Parts,
  lake: LakeConfig,
  state: LakeState,
  path: HourPath,
  step: CompactionStep,
  work: Work,
): Promise<void> {
  const hour = hourName(path)
  switch (step.do) {
    case 'merge': {
      const manifest = await writeRun(aws, lake, path, step, work)
      if (!manifest) return
      if (await putManifest(aws.bucket, lake, manifest)) {
        const rows = manifest.files.reduce((sum, file) => sum + file.rows, 0)
        work.events.merged({
          hour,
          from: step.batches.flat().length,
          to: manifest.files.length,
          rows,
          late: step.seq > 1,
        })
        // Another compactor was first, and its run counts: ours will never be read.
      } else await aws.bucket.delete(manifest.files.map(({ key }) => key))
      return
    }
    case 'switch': {
      const { manifest } = step
      const tables: string[] = []
      for (const { database, table } of state.tables) {
        const location = runLocation(lake, manifest)
        if (await aws.glue.movePartition(database, table, [path.dt, path.hour], location))
          tables.push(`${database}.${table}`)
      }
      await markSwitched(aws.bucket, lake, manifest)
      work.events.switched({ hour, tables })
      return
    }
    case 'delete':
      await aws.bucket.delete(step.keys)
      work.events.deleted({ hour, objects: step.keys.length })
  }
}

/** Writes the files of a run, each checked against its claims. Undefined: it was stopped. */
async function writeRun(
  { bucket }: Pick<Aws, 'bucket'>,
  lake: LakeConfig,
  path: HourPath,
  { seq, batches }: Extract<CompactionStep, { do: 'merge' }>,
  { merger, signal }: Work,
): Promise<Manifest | undefined> {
  const run = `${sequenceDigits(seq)}-${randomBytes(6).toString('hex')}`
  const format = lake.format as 'parquet' | 'jsonl'
  const files: CompactedFile[] = []
  for (const batch of batches) {
    if (signal?.aborted) return undefined
    const key = compactedKey(lake, path, run, batchRange(batch), fileExtensions[format])
    const [only] = batch
    if (batch.length === 1) await bucket.copy(only!.key, key)
    else {
      const bytes = await merger
        .merge({ format, inputs: await readSources(bucket, batch) })
        .catch((error) => {
          if (error instanceof Failure) throw error
          throw new Failure({
            code: 'HOUR_NOT_AS_CLAIMED',
            what: `the hour ${hourName(path)} is not compacted; its objects stay as they are`,
            why: reasonOf(error),
            remedy: 'run `catalog audit`: an object is not what its claim says',
            cause: error,
          })
        })
      await bucket.put(key, bytes, contentTypes[format])
    }
    files.push({
      key,
      rows: batch.reduce((sum, { rows }) => sum + rows, 0),
      replaced: batch.flatMap(({ replaced }) => replaced),
    })
  }
  return { v: 1, ...path, seq, run, files }
}

const contentTypes = { parquet: 'application/vnd.apache.parquet', jsonl: 'application/zstd' } as const

async function readSources(bucket: Aws['bucket'], batch: readonly Source[]) {
  const inputs: (Source & { bytes: Uint8Array })[] = []
  for (let start = 0; start < batch.length; start += GETS_AT_ONCE) {
    const some = batch.slice(start, start + GETS_AT_ONCE)
    inputs.push(
      ...(await Promise.all(
        some.map(async (source) => {
          const bytes = await bucket.bytes(source.key)
          if (!bytes)
            throw new Error(`${source.key} is missing: another compaction was faster, or it is lost`)
          return { ...source, bytes }
        }),
      )),
    )
  }
  return inputs
}

/** The state again, with what a step may have changed of this hour: its objects, its manifest, its locations in Glue. */
async function readAgain(aws: Parts, lake: LakeConfig, state: LakeState, path: HourPath): Promise<LakeState> {
  return {
    ...state,
    ...(await readFoldersOfHour(aws.bucket, lake, state, path)),
    tables: await readTableLocations(aws, lake),
  }
}
