// The small world that the model checker searches: its records, its possible events, and its state as plain data.
import { type Claim, claimRows, type Era, shiftOf } from '@ticklake/contract/claim.ts'
import { CONTRACT_VERSION } from '@ticklake/contract/columns.ts'
import { deadKey } from '@ticklake/contract/keys.ts'
import { isSilent } from '@ticklake/lake/chain-end.ts'
import { RecordBuffer } from '../batching/record-buffer.ts'
import { buildClaim, buildEra, buildSkip, type LandingTarget } from '../claims/claim-builder.ts'
import { firstStep, type Step } from '../claims/claim-protocol.ts'
import {
  beginHour,
  type CompactionMistake,
  type HourState,
  type HourWorld,
  hourText,
  isReplaced,
  visibleKeys,
} from './compactors.ts'

/** The records of the partition, by offset: of the first or the second hour, rejected, or a gap. */
export type Record = 'hour-0' | 'hour-1' | 'poison' | 'gap'

export interface World {
  readonly records: readonly Record[]
  /** Consumers that have the partition at the same time: one group member, the others zombies. */
  readonly consumers: number
  /** The total number of crashes. */
  readonly crashes: number
  /** The total number of answers of S3 or Kafka that may be lost although the request was carried out. */
  readonly lostAnswers: number
  /** Whether a person, a tool or a shared group may once move the group's committed offset to the end. */
  readonly offsetMoves?: boolean
  /** The most offsets that a claim covers; absent: any number. */
  readonly flushOffsets?: number
  /** How many records have landed when the world begins. */
  readonly landed?: number
  /**
   * Kafka's retention may once delete the records below this offset. A claim skips those that have not landed; if a
   * claim covers some of them, and the consumers that had them are dead, the chain stops for a person to decide. With
   * `replaced` it only deletes records of a partition that is refused.
   */
  readonly retention?: number
  /**
   * In a power cut, Kafka may once lose the records from this offset on, and give their offsets to others of the same
   * kinds. If they have landed, the chain stops for a person to decide, or continues in a new era (`eras`).
   */
  readonly replaced?: number
  readonly eras?: boolean
  /** After that the broker may once get its log back, with the records that it had lost. */
  readonly restored?: boolean
  /**
   * Consumers of an earlier release besides the others, which raise the dataset when they start; and the first offset
   * of the records with a field that the earlier release does not know, which are sent once it is raised.
   */
  readonly older?: { readonly consumers: number; readonly newFieldFrom: number }
  /** Whether the dead-letter topic may once disappear, or be closed to the consumers, and come back. */
  readonly deadLetterTopicCloses?: boolean
  /** Consumers that froze before they put the files of the first claim, and resume at any time. */
  readonly zombies?: number
  /** Compactors of the first hour that run at the same time, and queries that run meanwhile. */
  readonly compactors?: number
  readonly queries?: number
  /** A seeded mistake, which the model checker must find. */
  readonly mistake?: Mistake
}

export type Mistake =
  | 'claim-overwrites'
  | 'commit-before-files'
  | 'dead-file-before-message'
  | 'pending-message-not-recorded'
  | 'recorded-as-sent-before-sent'
  | 'trust-committed-offset'
  | 'no-claim'
  | 'on-behind-the-own-range'
  | 'skip-too-much'
  | 'on-behind-a-begun-claim'
  | 'claim-after-the-raise'
  | 'recovery-trusts-the-offset-alone'
  | 'silent-claim-not-compared'
  | 'reconnection-trusts-the-offset-alone'
  | 'pending-records-taken-for-landed'
  | 'pending-records-outlive-the-log'
  | 'adopted-claim-not-compared'
  | 'withdrawal-without-proof'
  | 'era-behind-the-landed-offset'
  | 'era-from-the-claims-start'
  | CompactionMistake

/** One consumer: its protocol step, and which of a claim's objects it has put. */
export interface Actor {
  readonly step: Step
  readonly put: readonly string[]
  /** Kafka's earliest offset when it started to read below that: it cannot have the records before it. 0: it lacks none. */
  readonly readsFrom: number
  /** Whether it is of the earlier release. */
  readonly isOlder?: boolean
  /**
   * The last record that it had claimed or read when it lost the connection, by its offset: it is compared before more is
   * claimed. Absent: Kafka still has it, so that comparing changes nothing.
   */
  readonly doubted?: number | undefined
  /** By a seeded mistake: before this offset its pending records are those that Kafka had before the power cut. */
  readonly outlived?: number
}

/** A new consumer, which knows nothing. */
export const newcomer: Actor = { step: firstStep, put: [], readsFrom: 0 }

/** The whole state. Plain data, so that equal states have equal text. */
export interface State {
  readonly actors: readonly Actor[]
  readonly claims: { readonly [S: string]: Claim }
  /** Offsets of the rows of each object. */
  readonly objects: { readonly [key: string]: readonly number[] }
  readonly dead: { readonly [key: string]: readonly number[] }
  readonly announced: readonly number[]
  readonly deadLetterTopic: 'open' | 'closed' | 'open again'
  /** By S, the claims with a pending message, and those of which the message is recorded as sent. */
  readonly pending: readonly number[]
  readonly marked: readonly number[]
  readonly committed: number
  readonly moved: boolean
  /** Whether dataset.json has the newer contract. */
  readonly isRaised: boolean
  /** Kafka's earliest offset. */
  readonly low: number
  /** Which records Kafka has: the first ones, those that replaced the last of them, or the first ones again. */
  readonly log: 'first' | 'replaced' | 'restored'
  /** Whether a consumer has recorded that landed records were replaced. */
  readonly isRefused: boolean
  readonly crashes: number
  readonly lostAnswers: number
  readonly hour: HourState
}

/** A state, and the event that leads to it. */
export interface Move {
  readonly name: string
  readonly state: State
}

const HOUR_MS = 3_600_000
const FIRST_HOUR_MS = Date.UTC(2026, 0, 1)
export const target: LandingTarget = {
  lake: { prefix: 'p', dataset: 'd' },
  format: 'parquet',
  topic: 't',
  topicId: '0'.repeat(32),
}

/** The initial state. */
export function beginWorld(world: World): State {
  const landed = landedBefore(world)
  return {
    actors: [
      ...Array.from({ length: world.consumers }, () => newcomer),
      ...Array.from({ length: world.older?.consumers ?? 0 }, () => ({ ...newcomer, isOlder: true })),
      ...Array.from({ length: world.zombies ?? 0 }, () => ({
        step: { at: 'put-files', claim: landed.claims[0]! } as const,
        put: [],
        readsFrom: 0,
      })),
    ],
    ...landed,
    dead: {},
    announced: [],
    deadLetterTopic: 'open',
    pending: [],
    marked: [],
    committed: 0,
    moved: false,
    isRaised: world.older === undefined,
    low: 0,
    log: 'first',
    isRefused: false,
    crashes: world.crashes,
    lostAnswers: world.lostAnswers,
    hour: beginHour(world.compactors ?? 0, world.queries ?? 0),
  }
}

/** The claims of the records that had already landed, and their objects. */
function landedBefore(world: World): Pick<State, 'claims' | 'objects'> {
  const claims: { [S: string]: Claim } = {}
  const objects: { [key: string]: readonly number[] } = {}
  const most = world.flushOffsets ?? world.records.length
  for (let S = 0; S < (world.landed ?? 0); S += most) {
    const claim = claimOf(world, S, Math.min(S + most, world.landed!), 0, Number.POSITIVE_INFINITY)
    claims[S] = claim
    for (const { key } of claim.files) objects[key] = rowsOf(world, claim, key)
  }
  return { claims, objects }
}

/**
 * Two states with the same text are the same. Consumers are alike, so their order does not count; a claim is identified by
 * its nonce, which here names its range and its author.
 */
export function textOf(state: State): string {
  const actors = state.actors.map(({ step, put, readsFrom, isOlder, doubted, outlived }) => {
    const about = 'claim' in step ? step.claim.nonce : 'from' in step ? step.from : ''
    return `${step.at} ${about} ${readsFrom} ${put.join()} ${isOlder ? 'older' : ''} ${doubted ?? ''} ${outlived ?? ''}`
  })
  const claims = Object.entries(state.claims).map(([S, { nonce }]) => `${S} ${nonce}`)
  const objects = Object.entries(state.objects).map(([key, rows]) => `${key} ${rows.join()}`)
  const rest = [
    Object.keys(state.dead).sort(),
    state.announced,
    state.deadLetterTopic,
    state.pending,
    state.marked,
    state.committed,
    state.moved,
    state.isRaised,
    state.low,
    state.log,
    state.isRefused,
    state.crashes,
    state.lostAnswers,
    hourText(state.hour),
  ]
  return [actors.sort(), claims.sort(), objects.sort(), ...rest].join('|')
}

/** The offsets of all rows that a query reads now. */
export function visibleRows(world: World, state: State): number[] {
  if (!world.compactors) return Object.values(state.objects).flat()
  return visibleKeys(hourWorld(world), state.hour, state.objects).flatMap((key) => state.objects[key]!)
}

export function hourWorld({ mistake }: World): HourWorld {
  return { lake: target.lake, topicId: target.topicId, firstHourMs: FIRST_HOUR_MS, mistake }
}

/** Whether its next step needs records that it cannot have. */
export function lacksRecords({ step, readsFrom }: Actor): boolean {
  return firstOffsetOf(step) < readsFrom
}

/** The first offset that a step is about. */
export function firstOffsetOf(step: Step): number {
  return 'claim' in step ? step.claim.S : 'from' in step ? step.from : 0
}

/** The end of the records: those with the new field are sent after the raise. */
export function sentUpTo({ older, records }: World, { isRaised }: State): number {
  return older && !isRaised ? older.newFieldFrom : records.length
}

/** The contract of a consumer's release. */
export function contractOf({ isOlder }: Actor): number {
  return isOlder ? CONTRACT_VERSION - 1 : CONTRACT_VERSION
}

/** The missing objects of a claim that no compacted one replaces. */
export function missing(claim: Claim, state: State): string[] {
  const keys = claim.files
    .map((file) => file.key)
    .filter((key) => !(key in state.objects) && !isReplaced(state.hour, key))
  const dead = deadKey(target.lake, claim)
  if (claim.dead > 0 && !(dead in state.dead)) keys.push(dead)
  return keys
}

/** The claim that shows whether Kafka has the log of a chain that ends here: the newest one with a record. */
export function comparableUpTo(
  state: State,
  end = 0,
  { mistake }: Pick<World, 'mistake'> = {},
): Claim | undefined {
  const newestFirst = Object.values(state.claims)
    .filter(({ E }) => E <= end)
    .toSorted((a, b) => b.S - a.S)
  if (mistake === 'silent-claim-not-compared')
    return newestFirst.slice(0, 1).find((claim) => !isSilent(claim))
  return newestFirst.find((claim) => !isSilent(claim))
}

/** Whether Kafka has a different record at the claim's last offset. */
export function isStale(world: World, state: State, { last, era }: Claim): boolean {
  if (!last || state.log === 'first') return false
  const newFrom = state.log === 'replaced' ? world.replaced! : Number.POSITIVE_INFINITY
  const now = claimOf(world, last.offset, last.offset + 1, 0, newFrom, era)
  return now.last!.sha256 !== last.sha256
}

/** Whether Kafka still has a record at the claim's last offset, so that the two can be compared. */
export function isComparable({ low }: State, { last }: Claim): boolean {
  return last !== undefined && last.offset >= low
}

/** The Kafka offset from which this consumer has the records with which Kafka replaced others. */
export function newFrom(world: World, state: State, { outlived = 0 }: Actor): number {
  return state.log === 'replaced' ? Math.max(world.replaced!, outlived) : Number.POSITIVE_INFINITY
}

/**
 * The real claim that this consumer builds for a range, with a deterministic nonce. @param newFrom the Kafka offset from
 * which it has the records with which Kafka replaced others
 */
export function claimOf(world: World, S: number, E: number, who: number, newFrom: number, era?: Era): Claim {
  const claims = claimsOfWorld.get(world) ?? new Map<string, Claim>()
  claimsOfWorld.set(world, claims)
  const id = `${who}:${S}-${E} ${newFrom} ${era?.number} ${era?.shift}`
  const claim = claims.get(id) ?? newClaim(world, S, E, who, newFrom, era)
  claims.set(id, claim)
  return claim
}

/** The same claim is built in thousands of states. */
const claimsOfWorld = new WeakMap<World, Map<string, Claim>>()

function newClaim(
  world: World,
  S: number,
  E: number,
  who: number,
  newFrom: number,
  era: Era | undefined,
): Claim {
  const buffer = new RecordBuffer(S)
  const shift = era?.shift ?? 0
  const isNew = (offset: number) => offset - shift >= newFrom
  for (let offset = S; offset < E; offset++) {
    const record = world.records[offset - shift]
    if (record === 'gap') continue
    const value = Uint8Array.of(isNew(offset) ? 1 : 0)
    if (record === 'poison') {
      buffer.reject({
        offset,
        timestampMs: FIRST_HOUR_MS,
        reason: 'not_json',
        detail: '',
        key: null,
        value,
        headers: [],
      })
    } else buffer.accept(offset, FIRST_HOUR_MS + (record === 'hour-1' ? HOUR_MS : 0), value)
  }
  buffer.cursor = E
  return {
    ...buildClaim(target, 0, buffer, undefined, era),
    nonce: `${who}:${S}-${E}${isNew(E - 1) ? `${NEW_FROM}${Math.max(S - shift, newFrom)}` : ''}`,
  }
}

const NEW_FROM = ' new from '

/** Whether this claim has, at an offset of the lake, the record that Kafka has now. */
export function hasKafkasRecord(world: World, state: State, claim: Claim, offset: number): boolean {
  if (state.log === 'first' || offset - shiftOf(claim) < world.replaced!) return true
  const from = claim.nonce.split(NEW_FROM)[1]
  const isNew = from !== undefined && offset - shiftOf(claim) >= Number(from)
  return isNew === (state.log === 'replaced')
}

/** The claim that begins the next era after this one, of which Kafka has replaced records. */
export function eraBehind(world: World, state: State, last: Claim, who: number): Claim {
  const kafkaOffset =
    world.mistake === 'era-behind-the-landed-offset'
      ? last.E - shiftOf(last)
      : world.mistake === 'era-from-the-claims-start'
        ? last.S - shiftOf(last)
        : world.replaced!
  const isUnfinished = missing(last, state).length > 0
  return {
    ...buildEra(target, last, {
      kafkaOffset,
      why: 'another record',
      foundAt: '',
      replacedTo: last.E - shiftOf(last),
      ...(isUnfinished && { unfinished: { S: last.S, E: last.E } }),
    }),
    nonce: `${who}:era after ${last.E}${isUnfinished ? ', unfinished' : ''}`,
  }
}

/** The era of a consumer that continues at this offset of the lake. */
export function eraAt(state: State, from: number): Era | undefined {
  return Object.values(state.claims).find(({ E }) => E === from)?.era
}

/** The claim with which it skips what Kafka has deleted. */
export function skipOf(S: number, E: number, who: number): Claim {
  return { ...buildSkip(target, 0, S, E, 'retention'), nonce: `${who}:${S}-${E} skipped` }
}

export function rowsOf(world: World, claim: Claim, key: string): number[] {
  const hour = claim.files.findIndex((file) => file.key === key)
  const shift = shiftOf(claim)
  const [S, E] = [claim.S - shift, claim.E - shift]
  const hours = [...new Set(world.records.slice(S, E).filter((record) => record.startsWith('hour')))].sort()
  const rows = world.records.flatMap((record, offset) =>
    record === hours[hour] && offset >= S && offset < E ? [offset + shift] : [],
  )
  if (rows.length !== claim.files[hour]!.rows)
    throw new Error(`${claimRows(claim)} rows claimed, ${rows.length} simulated`)
  return rows
}

export function poisonOf(world: World, claim: Claim): number[] {
  const shift = shiftOf(claim)
  return world.records.flatMap((record, offset) =>
    record === 'poison' && offset + shift >= claim.S && offset + shift < claim.E ? [offset + shift] : [],
  )
}
