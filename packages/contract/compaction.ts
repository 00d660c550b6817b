// How the small objects of a closed hour become few: the manifest, and the next step. Pure.
import type { ClaimFile } from './claim.ts'
import type { HourPath, OffsetRange } from './keys.ts'

/** An object of a run, and the claims' objects whose rows it has. All are of one partition. */
export interface CompactedFile extends ClaimFile {
  readonly replaced: readonly ClaimFile[]
}

/**
 * An hour's objects after a compaction. Written once, after its files and before the switch; the highest `seq` counts.
 * A later one has everything that the one before it has.
 */
export interface Manifest extends HourPath {
  readonly v: 1
  readonly seq: number
  /** The folder of its files: `<seq>-<nonce>`. */
  readonly run: string
  readonly files: readonly CompactedFile[]
}

/** A source of a run: an object of a claim, or a file of the previous run. */
export interface Source extends OffsetRange, CompactedFile {}

/** The facts about an hour. */
export interface HourFacts {
  /** The hour is closed, and no chain's newest complete claim has a file in it. */
  readonly isPast: boolean
  /** Objects in the hour's own folder of claims before each newest complete one. */
  readonly raw: readonly Source[]
  /** Objects in the hour's own folder that no claim names. */
  readonly orphans: readonly string[]
  /** The newest manifest, and its files as sources. */
  readonly manifest: Manifest | undefined
  readonly compacted: readonly Source[]
  /** Whether it is recorded that every table reads the newest run. */
  readonly isMarked: boolean
  /** Whether that was so long ago that no query reads the old objects any more. */
  readonly isUnread: boolean
  /** Whether every table reads the newest run now. */
  readonly isSwitched: boolean
  /** Objects of runs that the newest manifest has replaced, or that lost the race for its `seq`. */
  readonly obsolete: readonly string[]
}

export type CompactionStep =
  /** Write a run from these files, then its manifest with this `seq`. */
  | { readonly do: 'merge'; readonly seq: number; readonly batches: readonly (readonly Source[])[] }
  /** Make every table read the manifest's run, then mark it. */
  | { readonly do: 'switch'; readonly manifest: Manifest }
  /** Delete objects that no table reads any more. */
  | { readonly do: 'delete'; readonly keys: readonly string[] }

/** Rows of one compacted file; a file that already has as many is kept. */
export const COMPACTED_ROWS = 250_000

/**
 * The next step for the hour, or undefined if there is none. It depends only on the facts, so the next run after a
 * crash continues where it ended. A step may be done twice, and by two at a time.
 */
export function nextCompaction(facts: HourFacts, rowsPerFile = COMPACTED_ROWS): CompactionStep | undefined {
  const { manifest, raw, compacted } = facts
  // An hour with orphan objects is left to the audit: compaction would hide the error.
  const mayMerge = facts.isPast && facts.orphans.length === 0
  if (!manifest) {
    const batches = planBatches(raw, rowsPerFile)
    return mayMerge && batches.length < raw.length ? { do: 'merge', seq: 1, batches } : undefined
  }
  const replaced = replacedKeys(manifest)
  const late = raw.filter(({ key }) => !replaced.has(key))
  // Rows that came before the switch are still read by tables, so they are merged now. Later ones are not read yet, and
  // wait until no call to switch to this manifest can be in progress.
  if (mayMerge && late.length > 0 && (facts.isUnread || !facts.isMarked)) {
    return { do: 'merge', seq: manifest.seq + 1, batches: planBatches([...compacted, ...late], rowsPerFile) }
  }
  if (!facts.isMarked || !facts.isSwitched) return { do: 'switch', manifest }
  if (!facts.isUnread) return undefined
  const old = [...raw.filter(({ key }) => replaced.has(key)).map(({ key }) => key), ...facts.obsolete]
  return old.length > 0 ? { do: 'delete', keys: old } : undefined
}

/** The claims' objects that the manifest's files replace. */
export function replacedKeys(manifest: Manifest): ReadonlySet<string> {
  return new Set(manifest.files.flatMap(({ replaced }) => replaced.map(({ key }) => key)))
}

/** Adjacent sources of a partition, with at most this many rows together unless a single one has more. */
export function planBatches(sources: readonly Source[], rowsPerFile: number): Source[][] {
  const sorted = sources.toSorted(
    (a, b) => a.topicId.localeCompare(b.topicId) || a.partition - b.partition || a.S - b.S,
  )
  const batches: Source[][] = []
  let rows = 0
  for (const source of sorted) {
    const last = batches.at(-1)
    const fits = last?.[0] && isSamePartition(last[0], source) && rows + source.rows <= rowsPerFile
    if (fits) last.push(source)
    else batches.push([source])
    rows = fits ? rows + source.rows : source.rows
  }
  return batches
}

/** The range from the first source's start to the last one's end, which names the file. */
export function batchRange(batch: readonly Source[]): OffsetRange {
  const { topicId, partition } = batch[0]!
  return {
    topicId,
    partition,
    S: Math.min(...batch.map(({ S }) => S)),
    E: Math.max(...batch.map(({ E }) => E)),
  }
}

/**
 * Reads a stored manifest.
 * @throws Error with a plain sentence if the text is not a manifest of version 1, or its counts do not add up
 */
export function parseManifest(text: string): Manifest {
  const manifest = JSON.parse(text) as Manifest
  if (manifest.v !== 1) throw new Error(`a manifest of version ${manifest.v}, this release reads version 1`)
  for (const { key, rows, replaced } of manifest.files) {
    const replacedRows = replaced.reduce((sum, file) => sum + file.rows, 0)
    if (replacedRows !== rows) throw new Error(`${key} has ${rows} rows and replaces ${replacedRows}`)
  }
  return manifest
}

function isSamePartition(a: OffsetRange, b: OffsetRange): boolean {
  return a.topicId === b.topicId && a.partition === b.partition
}
