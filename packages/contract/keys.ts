// The keys of all objects in the bucket: the only place that writes or parses them.

/** Offsets have 19 digits in keys, so that they sort as text. */
const MAX_OFFSET = 2n ** 63n - 1n

export interface Lake {
  /** without slashes at its ends */
  readonly prefix: string
  readonly dataset: string
}

/** The records [S,E) of a partition; `topicId` is 32 hex digits. */
export interface OffsetRange {
  readonly topicId: string
  readonly partition: number
  readonly S: number
  readonly E: number
}

/** The path of one UTC hour. */
export interface HourPath {
  readonly dt: string
  readonly hour: string
}

export const fileExtensions = { parquet: 'parquet', jsonl: 'jsonl.zst', 'json-object': 'json' } as const

/** The folder that the table describes, with the slash at its end. */
export function tablePrefix(lake: Lake): string {
  return `${lake.prefix}/${lake.dataset}/`
}

/** The folder of one Hive partition, with the slash at its end. */
export function hourPrefix(lake: Lake, path: HourPath): string {
  return `${tablePrefix(lake)}dt=${path.dt}/hour=${path.hour}/`
}

/** The object with a claim's rows of one hour. S and E are the claim's, even if there are fewer rows. */
export function dataKey(lake: Lake, path: HourPath, range: OffsetRange, extension: string): string {
  return `${hourPrefix(lake, path)}${rangeName(range)}.${extension}`
}

/** The object of one record in the json-object format; `offset` may be the placeholder of a claim's template. */
export function recordKey(
  lake: Lake,
  path: HourPath,
  topicId: string,
  partition: number,
  offset: number | '{offset}',
): string {
  const digits = typeof offset === 'number' ? offsetDigits(offset) : offset
  return `${hourPrefix(lake, path)}stock_market_${topicId}-${partitionDigits(partition)}-${digits}.json`
}

/** The settings fixed when the dataset was created. */
export function datasetKey(lake: Lake): string {
  return `${controlPrefix(lake)}dataset.json`
}

/** The initial offset of a partition, of a dataset made with --from; written when the partition is first seen without claims. */
export function initialOffsetKey(lake: Lake, topicId: string, partition: number): string {
  return `${controlPrefix(lake)}beginnings/${topicId}/${partitionDigits(partition)}.json`
}

/** The folder of recorded truncations, with the slash at its end. */
export function truncationsPrefix(lake: Lake): string {
  return `${controlPrefix(lake)}truncations/`
}

/**
 * Records that Kafka has other records in this partition than those that landed in the era; written once, by the
 * consumer that finds it. @param number 2 for the next one after the first was withdrawn
 */
export function truncationKey(lake: Lake, topicId: string, partition: number, era = 0, number = 1): string {
  const name = `${partitionDigits(partition)}${era > 0 ? `-era-${era}` : ''}${number > 1 ? `-again-${number}` : ''}`
  return `${truncationsPrefix(lake)}${topicId}/${name}.json`
}

/** Records that Kafka was seen to have the landed records after all: the truncation no longer counts. */
export function withdrawalKey(truncationKey: string): string {
  return truncationKey.replace(/\.json$/, '.withdrawn.json')
}

/** The partition and era of a truncation's key, or undefined for any other key. */
export function parseTruncationKey(
  key: string,
): { readonly topicId: string; readonly partition: number; readonly era: number } | undefined {
  const match = /\/truncations\/([0-9a-f]{32})\/(\d{5})(?:-era-(\d{1,9}))?(?:-again-\d{1,9})?\.json$/.exec(
    key,
  )
  return match ? { topicId: match[1]!, partition: Number(match[2]), era: Number(match[3] ?? 0) } : undefined
}

/** The folder of a partition's claims, with the slash at its end; its first key is the newest claim. */
export function claimsPrefix(lake: Lake, topicId: string, partition: number): string {
  return `${controlPrefix(lake)}claims/${topicId}/${partitionDigits(partition)}/`
}

/** The claim that starts at S. The digits count down, so that a LIST of one key gives the tail of the chain. */
export function claimKey(lake: Lake, topicId: string, partition: number, S: number): string {
  return `${claimsPrefix(lake, topicId, partition)}${(MAX_OFFSET - BigInt(S)).toString().padStart(19, '0')}.json`
}

/** The partition and start offset that a claim's key names. @throws Error when the key is not a claim's */
export function parseClaimKey(key: string): Omit<OffsetRange, 'E'> {
  const [folder, ...names] = key.split('/').slice(-4)
  const match = /^([0-9a-f]{32})\/(\d{5})\/(\d{19})\.json$/.exec(names.join('/'))
  if (folder !== 'claims' || !match) throw new Error(`not the key of a claim: ${key}`)
  return { topicId: match[1]!, partition: Number(match[2]), S: Number(MAX_OFFSET - BigInt(match[3]!)) }
}

/** The start offset that a claim's key names. @throws Error when the key is not a claim's */
export function claimStart(key: string): number {
  return parseClaimKey(key).S
}

/** The rejected records of a claim. */
export function deadKey(lake: Lake, range: OffsetRange): string {
  return `${deadPrefix(lake)}${rangeName(range)}.jsonl`
}

/** The range in a dead-letter file's name, or undefined for any other key. */
export function parseDeadKey(key: string): OffsetRange | undefined {
  const match = /\/([0-9a-f]{32})-(\d{5})-(\d{19})-(\d{19})\.jsonl$/.exec(key)
  if (!match) return undefined
  return { topicId: match[1]!, partition: Number(match[2]), S: Number(match[3]), E: Number(match[4]) }
}

/** The folder of all rejected records, with the slash at its end. */
export function deadPrefix(lake: Lake): string {
  return `${controlPrefix(lake)}dead/`
}

/** The prefix of the keys of a topic's announcements that could not be sent with their dead-letter file. */
export function announcementsPrefix(lake: Lake, topicId: string): string {
  return `${controlPrefix(lake)}notices/${topicId}-`
}

/**
 * Records that a claim's dead-letter file is still to be announced in the dead-letter topic (`follows`), or was
 * (`told`).
 */
export function announcementKey(lake: Lake, range: OffsetRange, state: AnnouncementState): string {
  return `${controlPrefix(lake)}notices/${rangeName(range)}.${state}`
}

export type AnnouncementState = 'follows' | 'told'

/** The dead-letter file's range and the state in an announcement's key, or undefined for any other key. */
export function parseAnnouncementKey(
  key: string,
): { readonly range: OffsetRange; readonly state: AnnouncementState } | undefined {
  const match = /^(.*\/)([^/]+)\.(follows|told)$/.exec(key)
  const range = match && parseDeadKey(`/${match[2]}.jsonl`)
  return range ? { range, state: match[3] as AnnouncementState } : undefined
}

/** The folder of all compacted hours, with the slash at its end: a sibling of the table, never below it. */
export function compactedPrefix(lake: Lake): string {
  return `${lake.prefix}/_compacted/${lake.dataset}/`
}

/** The folder of one run of an hour's compaction, with the slash at its end. */
export function runPrefix(lake: Lake, path: HourPath, run: string): string {
  return `${compactedPrefix(lake)}${path.dt}/${path.hour}/${run}/`
}

/** An object of a run; S and E are those of its claims. */
export function compactedKey(
  lake: Lake,
  path: HourPath,
  run: string,
  range: OffsetRange,
  extension: string,
): string {
  return `${runPrefix(lake, path, run)}${rangeName(range)}.${extension}`
}

/** The hour, run and sequence number in a key of the compacted hours, or undefined for any other key. */
export function parseCompactedKey(
  lake: Lake,
  key: string,
): (HourPath & { readonly run: string; readonly seq: number }) | undefined {
  if (!key.startsWith(compactedPrefix(lake))) return undefined
  const match = /^(\d{4}-\d\d-\d\d)\/(\d\d)\/((\d{6})-[0-9a-f]+)\//.exec(
    key.slice(compactedPrefix(lake).length),
  )
  return match ? { dt: match[1]!, hour: match[2]!, run: match[3]!, seq: Number(match[4]) } : undefined
}

/** The folder of all manifests, with the slash at its end. */
export function manifestsPrefix(lake: Lake): string {
  return `${controlPrefix(lake)}compacted/`
}

/** The folder of an hour's manifests, with the slash at its end; its first key is the newest manifest. */
export function manifestPrefix(lake: Lake, { dt, hour }: HourPath): string {
  return `${manifestsPrefix(lake)}${dt}-${hour}/`
}

/** The manifest of this number, from 1. The digits count down, so that a LIST of one key gives the newest. */
export function manifestKey(lake: Lake, path: HourPath, seq: number): string {
  return `${manifestPrefix(lake, path)}${sequenceDigits(MAX_SEQUENCE - seq)}.json`
}

/** The hour and the number in a manifest's key, or undefined for any other key. */
export function parseManifestKey(lake: Lake, key: string): (HourPath & { readonly seq: number }) | undefined {
  const match = /^(\d{4}-\d\d-\d\d)-(\d\d)\/(\d{6})\.json$/.exec(key.slice(manifestsPrefix(lake).length))
  if (!match || !key.startsWith(manifestsPrefix(lake))) return undefined
  return { dt: match[1]!, hour: match[2]!, seq: MAX_SEQUENCE - Number(match[3]) }
}

/** Records that every table reads the run of this manifest; its age says since when. */
export function switchedKey(lake: Lake, { dt, hour }: HourPath, seq: number): string {
  return `${controlPrefix(lake)}switched/${dt}-${hour}/${sequenceDigits(seq)}.json`
}

/** The folder that records the tables of the dataset, with the slash at its end. */
export function tablesPrefix(lake: Lake): string {
  return `${controlPrefix(lake)}tables/`
}

/** One table that describes the dataset: compaction switches all of them. */
export function tableKey(lake: Lake, database: string, table: string): string {
  return `${tablesPrefix(lake)}${database}/${table}.json`
}

const MAX_SEQUENCE = 999_999

/** The six digits of a compaction's number, as keys write it. */
export function sequenceDigits(seq: number): string {
  return String(seq).padStart(6, '0')
}

/** The folder of dataset.json, claims and dead files: a sibling of the table, never below it. */
export function controlPrefix(lake: Lake): string {
  return `${lake.prefix}/_control/${lake.dataset}/`
}

/** The UTC hour of a record with this broker timestamp (ms since 1970). */
export function hourOf(timestampMs: number): HourPath {
  const iso = new Date(timestampMs).toISOString()
  return { dt: iso.slice(0, 10), hour: iso.slice(11, 13) }
}

/** The parts of a key in the table's folder, or undefined if the sink did not write it. */
export function parseDataKey(lake: Lake, key: string): (HourPath & OffsetRange) | undefined {
  if (!key.startsWith(tablePrefix(lake))) return undefined
  const match =
    /^dt=(\d{4}-\d\d-\d\d)\/hour=(\d\d)\/(?:([0-9a-f]{32})-(\d{5})-(\d{19})-(\d{19})\.(?:parquet|jsonl\.zst)|stock_market_([0-9a-f]{32})-(\d{5})-(\d{19})\.json)$/.exec(
      key.slice(tablePrefix(lake).length),
    )
  if (!match) return undefined
  const [, dt, hour, topicId, partition, S, E, recordTopicId, recordPartition, offset] = match
  const path = { dt: dt!, hour: hour! }
  if (topicId) return { ...path, topicId, partition: Number(partition), S: Number(S), E: Number(E) }
  return {
    ...path,
    topicId: recordTopicId!,
    partition: Number(recordPartition),
    S: Number(offset),
    E: Number(offset) + 1,
  }
}

function rangeName(range: OffsetRange): string {
  return `${range.topicId}-${partitionDigits(range.partition)}-${offsetDigits(range.S)}-${offsetDigits(range.E)}`
}

function partitionDigits(partition: number): string {
  return String(partition).padStart(5, '0')
}

/** The 19 digits of an offset, as keys write it. */
export function offsetDigits(offset: number): string {
  return String(offset).padStart(19, '0')
}
