// The compactors of the model: one or two, each of which runs the real decision on the next step effect by effect and
// may crash at any of them, while queries run.
import type { Claim } from '@ticklake/contract/claim.ts'
import {
  batchRange,
  type HourFacts,
  type Manifest,
  nextCompaction,
  replacedKeys,
  type Source,
} from '@ticklake/contract/compaction.ts'
import {
  compactedKey,
  hourOf,
  hourPrefix,
  type Lake,
  parseDataKey,
  sequenceDigits,
} from '@ticklake/contract/keys.ts'

export type CompactionMistake =
  | 'delete-before-switch'
  | 'compact-the-newest-claim'
  | 'no-check-for-own-manifest'
  | 'forget-the-run-before'

/** The next step of one compactor; undefined: to read the state of the hour. */
type Doing =
  | {
      readonly do: 'write'
      readonly manifest: Manifest
      readonly sources: readonly (readonly string[])[]
      readonly left: number
    }
  | { readonly do: 'manifest'; readonly manifest: Manifest }
  | { readonly do: 'delete-own-run'; readonly keys: readonly string[] }
  | { readonly do: 'switch' | 'mark'; readonly manifest: Manifest }
  | { readonly do: 'delete'; readonly keys: readonly string[] }

/** What compaction adds to the world, for its first hour, the only one that closes. */
export interface HourState {
  readonly compactors: readonly (Doing | undefined)[]
  readonly manifests: readonly Manifest[]
  /** The run that the table reads; undefined: the hour's own folder. */
  readonly run: string | undefined
  /** Marked manifests, and whether every earlier query is over. */
  readonly marks: readonly { readonly seq: number; readonly isUnread: boolean }[]
  /** Objects that a query has listed but not read yet. */
  readonly query: readonly string[] | undefined
  readonly queries: number
}

export interface HourWorld {
  readonly lake: Lake
  readonly topicId: string
  readonly firstHourMs: number
  readonly mistake: string | undefined
}

/** The rest of the state as compaction sees and changes it. */
export interface Around {
  readonly claims: readonly Claim[]
  readonly objects: { readonly [key: string]: readonly number[] }
  readonly isComplete: (claim: Claim) => boolean
  readonly crashes: number
  readonly lostAnswers: number
}

export interface HourMove {
  readonly name: string
  readonly hour: HourState
  readonly objects?: Around['objects']
  readonly crashes?: number
  readonly lostAnswers?: number
}

export function beginHour(compactors: number, queries: number): HourState {
  return {
    compactors: Array.from({ length: compactors }, () => undefined),
    manifests: [],
    run: undefined,
    marks: [],
    query: undefined,
    queries,
  }
}

/** The objects that a query reads now. */
export function visibleKeys(
  { lake, firstHourMs }: HourWorld,
  hour: HourState,
  objects: Around['objects'],
): string[] {
  const own = hourPrefix(lake, hourOf(firstHourMs))
  const isCompacted = (key: string) => key.includes('/_compacted/')
  return Object.keys(objects).filter((key) =>
    hour.run === undefined
      ? !isCompacted(key)
      : isCompacted(key)
        ? key.includes(`/${hour.run}/`)
        : !key.startsWith(own),
  )
}

/** Whether a claim's object may be missing because a compacted one has its rows; recovery asks this. */
export function isReplaced(hour: HourState, key: string): boolean {
  const newest = hour.manifests.at(-1)
  return newest !== undefined && replacedKeys(newest).has(key)
}

/** The same text for equal states. */
export function hourText(hour: HourState): string {
  const doing = hour.compactors.map((one) => (one ? JSON.stringify(one) : '-')).sort()
  return [
    doing,
    hour.manifests.map(({ run }) => run),
    hour.run,
    JSON.stringify(hour.marks),
    hour.query,
    hour.queries,
  ].join(';')
}

/** Every step of the compactors, of a query, and of time. */
export function hourMoves(world: HourWorld, hour: HourState, around: Around): HourMove[] {
  const moves = hour.compactors.flatMap((doing, who) =>
    doing ? actMoves(world, hour, around, doing, who) : nextStepMoves(world, hour, around, who),
  )
  if (hour.query) moves.push({ name: 'a query ends', hour: { ...hour, query: undefined } })
  else if (hour.queries > 0) {
    const query = visibleKeys(world, hour, around.objects).sort()
    moves.push({ name: 'a query lists the objects', hour: { ...hour, query, queries: hour.queries - 1 } })
  }
  // No query and no call lasts longer than the wait before deletion: see docs/compaction.md.
  const busy = hour.query || hour.compactors.some((doing) => doing?.do === 'switch')
  const fresh = hour.marks.findIndex((mark) => !mark.isUnread)
  if (!busy && fresh >= 0) {
    const marks = hour.marks.with(fresh, { ...hour.marks[fresh]!, isUnread: true })
    moves.push({ name: 'an hour goes by', hour: { ...hour, marks } })
  }
  return moves
}

function nextStepMoves(world: HourWorld, hour: HourState, around: Around, who: number): HourMove[] {
  const step = nextCompaction(factsOf(world, hour, around), Number.POSITIVE_INFINITY)
  if (!step) return []
  const begin = (doing: Doing): HourMove[] => [
    {
      name: `compactor ${who} decides to ${step.do}`,
      hour: { ...hour, compactors: hour.compactors.with(who, doing) },
    },
  ]
  if (step.do === 'switch') return begin({ do: 'switch', manifest: step.manifest })
  if (step.do === 'delete') return begin({ do: 'delete', keys: step.keys })
  const path = hourOf(world.firstHourMs)
  // A new name for each attempt, also after a crash.
  const run = `${sequenceDigits(step.seq)}-${who}${around.crashes}`
  const forgotten = world.mistake === 'forget-the-run-before' ? '/_compacted/' : undefined
  const batches = step.batches
    .map((batch) => batch.filter(({ key }) => !(forgotten && key.includes(forgotten))))
    .filter((batch) => batch.length > 0)
  const files = batches.map((batch) => ({
    key: compactedKey(world.lake, path, run, batchRange(batch), 'parquet'),
    rows: batch.reduce((sum, { rows }) => sum + rows, 0),
    replaced: batch.flatMap(({ replaced }) => replaced),
  }))
  const manifest: Manifest = { v: 1, ...path, seq: step.seq, run, files }
  return begin({
    do: 'write',
    manifest,
    sources: batches.map((batch) => batch.map(({ key }) => key)),
    left: files.length,
  })
}

function actMoves(world: HourWorld, hour: HourState, around: Around, doing: Doing, who: number): HourMove[] {
  const { objects } = around
  const to = (next: Doing | undefined, changes: Partial<HourState> = {}): HourState => ({
    ...hour,
    ...changes,
    compactors: hour.compactors.with(who, next),
  })
  const moves: HourMove[] = []
  const act = (name: string, move: Omit<HourMove, 'name'>) =>
    moves.push({ name: `compactor ${who} ${name}`, ...move })
  switch (doing.do) {
    case 'write': {
      const at = doing.manifest.files.length - doing.left
      const file = doing.manifest.files[at]!
      const sources = doing.sources[at]!
      if (sources.some((key) => !(key in objects))) {
        act('finds an object of its run missing', { hour: to(undefined) })
        break
      }
      const rows = sources.flatMap((key) => objects[key]!)
      const next: Doing =
        doing.left > 1 ? { ...doing, left: doing.left - 1 } : { do: 'manifest', manifest: doing.manifest }
      act('writes an object of the run', { hour: to(next), objects: { ...objects, [file.key]: rows } })
      break
    }
    case 'manifest': {
      const { manifest } = doing
      const stored = hour.manifests.find(({ seq }) => seq === manifest.seq)
      if (!stored) {
        const manifests = [...hour.manifests, manifest]
        act('puts the manifest', { hour: to(undefined, { manifests }) })
        if (around.lostAnswers > 0) {
          act('puts the manifest, answer lost', {
            hour: to(doing, { manifests }),
            lostAnswers: around.lostAnswers - 1,
          })
        }
      } else if (stored.run === manifest.run && world.mistake !== 'no-check-for-own-manifest') {
        act('finds its own manifest', { hour: to(undefined) })
      } else {
        act('finds another manifest', {
          hour: to({ do: 'delete-own-run', keys: manifest.files.map(({ key }) => key) }),
        })
      }
      break
    }
    case 'delete-own-run':
    case 'delete': {
      const [key, ...rest] = doing.keys
      const next: Doing | undefined = rest.length > 0 ? { ...doing, keys: rest } : undefined
      const { [key!]: _, ...left } = objects
      act(`deletes ${key!.slice(-50)}`, { hour: to(next), objects: left })
      break
    }
    case 'switch':
      act('switches the table', {
        hour: to({ do: 'mark', manifest: doing.manifest }, { run: doing.manifest.run }),
      })
      break
    case 'mark': {
      const { seq } = doing.manifest
      const marks = hour.marks.some((mark) => mark.seq === seq)
        ? hour.marks
        : [...hour.marks, { seq, isUnread: false }]
      act('marks the switch', { hour: to(undefined, { marks }) })
    }
  }
  if (around.crashes > 0)
    act(`crashes before it could ${doing.do}`, { hour: to(undefined), crashes: around.crashes - 1 })
  return moves
}

/** The facts as the catalog reads them, plus the seeded mistakes that the model checker must find. */
function factsOf(world: HourWorld, hour: HourState, around: Around): HourFacts {
  const { mistake, lake, topicId } = world
  const path = hourOf(world.firstHourMs)
  const own = hourPrefix(lake, path)
  const claims = around.claims.toSorted((a, b) => a.S - b.S)
  const newest = claims.findLast((claim) => around.isComplete(claim))
  const inHour = (claim: Claim | undefined) => claim?.files.some(({ key }) => key.startsWith(own)) ?? false
  const isLater = newest?.files.some(({ key }) => !key.startsWith(own)) ?? false
  const trusting = mistake === 'compact-the-newest-claim'
  const limit = trusting ? Number.POSITIVE_INFINITY : (newest?.S ?? 0)
  const raw: Source[] = []
  for (const key of Object.keys(around.objects)) {
    const range = parseDataKey(lake, key)
    if (!range || !key.startsWith(own) || range.S >= limit) continue
    const file = claims.find((claim) => claim.S === range.S)?.files.find((one) => one.key === key)
    if (file)
      raw.push({ topicId, partition: 0, S: range.S, E: range.E, key, rows: file.rows, replaced: [file] })
  }
  const manifest = hour.manifests.at(-1)
  const mark = hour.marks.find(({ seq }) => seq === manifest?.seq)
  const early = mistake === 'delete-before-switch' && manifest !== undefined
  return {
    isPast: trusting ? raw.length > 1 : newest !== undefined && !inHour(newest) && isLater,
    raw,
    orphans: [],
    manifest,
    compacted: manifest
      ? manifest.files.map((file) => ({
          ...file,
          topicId,
          partition: 0,
          ...replacedRange(file.replaced, lake),
        }))
      : [],
    isMarked: early || mark !== undefined,
    isUnread: early || (mark?.isUnread ?? false),
    isSwitched: early || (manifest !== undefined && hour.run === manifest.run),
    obsolete: Object.keys(around.objects).filter((key) => {
      const match = /\/_compacted\/.*\/((\d{6})-\w+)\//.exec(key)
      if (!match || match[1] === manifest?.run) return false
      return Number(match[2]) <= (manifest?.seq ?? 0)
    }),
  }
}

function replacedRange(
  replaced: Manifest['files'][number]['replaced'],
  lake: Lake,
): { S: number; E: number } {
  const ranges = replaced.map(({ key }) => parseDataKey(lake, key)!)
  return { S: Math.min(...ranges.map(({ S }) => S)), E: Math.max(...ranges.map(({ E }) => E)) }
}
