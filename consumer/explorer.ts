// Tries every order of events that a small world allows: consumers of one partition, their crashes, lost answers and
// late writes, against a simulated S3 and Kafka, and the real protocol. Says where a record is lost or doubled.
import { type Claim, claimRows } from '@ticklake/contract/claim.ts'
import { deadKey } from '@ticklake/contract/keys.ts'
import { firstStep, nextStep, type Outcome, type Step } from './claim-protocol.ts'
import {
  beginHour,
  type CompactionMistake,
  type HourState,
  type HourWorld,
  hourMoves,
  hourText,
  isReplaced,
  visibleKeys,
} from './explorer-compaction.ts'
import { type Plan, planClaim } from './plan.ts'
import { RecordBuffer } from './record-buffer.ts'

/** The records of the partition, by offset: filed under the first or the second hour, refused, or no record at all. */
export type Record = 'hour-0' | 'hour-1' | 'poison' | 'gap'

export interface World {
  readonly records: readonly Record[]
  /** Consumers that have the partition at the same time: one that the group knows, the others zombies. */
  readonly consumers: number
  /** Crashes that may happen, in all. */
  readonly crashes: number
  /** Answers of S3 or Kafka that may be lost although the request was carried out, in all. */
  readonly lostAnswers: number
  /** Whether somebody may move the group's committed offset to the end, once: a person, a tool, a shared group. */
  readonly offsetMoves?: boolean
  /** Each claim covers at most so many offsets; absent: any number. */
  readonly flushOffsets?: number
  /** So many records have landed when the world begins. */
  readonly landed?: number
  /** Consumers that stood still before they put the files of the first claim, and wake at any time. */
  readonly zombies?: number
  /** Those that compact the first hour at the same time, and queries that run meanwhile. */
  readonly compactors?: number
  readonly queries?: number
  /** A mistake to build in, which the explorer must then find. */
  readonly mistake?: Mistake
}

export type Mistake =
  | 'claim-overwrites'
  | 'commit-before-files'
  | 'dead-file-before-notice'
  | 'trust-committed-offset'
  | 'no-claim'
  | CompactionMistake

export interface Findings {
  readonly states: number
  /** The first broken promise, with the events that led to it, or undefined. */
  readonly violation: { readonly promise: string; readonly trace: readonly string[] } | undefined
  /** States in which nothing can happen any more and everything has landed. */
  readonly ends: number
}

/** One consumer: its step of the protocol, and which of a claim's objects it has put. */
interface Actor {
  readonly step: Step
  readonly put: readonly string[]
}

/** All that there is. Plain data, so that two equal states have equal text. */
interface State {
  readonly actors: readonly Actor[]
  readonly claims: { readonly [S: string]: Claim }
  /** Offsets of the rows of each object. */
  readonly objects: { readonly [key: string]: readonly number[] }
  readonly dead: { readonly [key: string]: readonly number[] }
  readonly told: readonly number[]
  readonly committed: number
  readonly moved: boolean
  readonly crashes: number
  readonly lostAnswers: number
  readonly hour: HourState
}

interface Move {
  readonly name: string
  readonly state: State
}

const HOUR_MS = 3_600_000
const FIRST_HOUR_MS = Date.UTC(2026, 0, 1)
const plan: Plan = {
  lake: { prefix: 'p', dataset: 'd' },
  format: 'parquet',
  topic: 't',
  topicId: '0'.repeat(32),
}

/** Visits every state that the world can reach. Stops at the first broken promise. */
export function explore(world: World): Findings {
  const landed = landedBefore(world)
  const begin: State = {
    actors: [
      ...Array.from({ length: world.consumers }, () => ({ step: firstStep, put: [] })),
      ...Array.from({ length: world.zombies ?? 0 }, () => ({
        step: { at: 'put-files', claim: landed.claims[0]! } as const,
        put: [],
      })),
    ],
    ...landed,
    dead: {},
    told: [],
    committed: 0,
    moved: false,
    crashes: world.crashes,
    lostAnswers: world.lostAnswers,
    hour: beginHour(world.compactors ?? 0, world.queries ?? 0),
  }
  const seen = new Set<string>([textOf(begin)])
  let frontier: { state: State; trace: Trace | undefined }[] = [{ state: begin, trace: undefined }]
  let ends = 0
  while (frontier.length > 0) {
    const next: typeof frontier = []
    for (const { state, trace } of frontier) {
      const moves = movesOf(world, state)
      if (moves.length === 0) {
        const promise = brokenAtEnd(world, state)
        if (promise) return { states: seen.size, violation: { promise, trace: unroll(trace) }, ends }
        ends++
      }
      for (const move of moves) {
        const text = textOf(move.state)
        if (seen.has(text)) continue
        seen.add(text)
        const grown = { event: move.name, before: trace }
        const promise = broken(world, move.state) ?? falls(world, state, move.state)
        if (promise) return { states: seen.size, violation: { promise, trace: unroll(grown) }, ends }
        next.push({ state: move.state, trace: grown })
      }
    }
    frontier = next
  }
  return { states: seen.size, violation: undefined, ends }
}

/** The claims of the records that have landed before, and their objects. */
function landedBefore(world: World): Pick<State, 'claims' | 'objects'> {
  const claims: { [S: string]: Claim } = {}
  const objects: { [key: string]: readonly number[] } = {}
  const most = world.flushOffsets ?? world.records.length
  for (let S = 0; S < (world.landed ?? 0); S += most) {
    const claim = claimOf(world, S, Math.min(S + most, world.landed!), 0)
    claims[S] = claim
    for (const { key } of claim.files) objects[key] = rowsOf(world, claim, key)
  }
  return { claims, objects }
}

interface Trace {
  readonly event: string
  readonly before: Trace | undefined
}

function unroll(trace: Trace | undefined): string[] {
  const events: string[] = []
  for (let at = trace; at; at = at.before) events.unshift(at.event)
  return events
}

/**
 * Two states with the same text are the same. Consumers are alike, so their order does not count; a claim is told by
 * its nonce, which here names its range and its author.
 */
function textOf(state: State): string {
  const actors = state.actors.map(({ step, put }) => {
    const about = 'claim' in step ? step.claim.nonce : 'from' in step ? step.from : ''
    return `${step.at} ${about} ${put.join()}`
  })
  const claims = Object.entries(state.claims).map(([S, { nonce }]) => `${S} ${nonce}`)
  const objects = Object.entries(state.objects).map(([key, rows]) => `${key} ${rows.join()}`)
  const rest = [
    Object.keys(state.dead).sort(),
    state.told,
    state.committed,
    state.moved,
    state.crashes,
    state.lostAnswers,
    hourText(state.hour),
  ]
  return [actors.sort(), claims.sort(), objects.sort(), ...rest].join('|')
}

/** What a reader, or whoever trusts the offsets, must never see. */
function broken(world: World, state: State): string | undefined {
  const visible = visibleRows(world, state)
  if (new Set(visible).size < visible.length) return 'no record is in two objects'
  for (const claim of Object.values(state.claims)) {
    const filed = state.dead[deadKey(plan.lake, claim)] ?? []
    if (!filed.every((offset) => state.told.includes(offset))) {
      return 'a record in a dead file has been told to the dead-letter topic'
    }
  }
  if (state.hour.query?.some((key) => !(key in state.objects))) return 'no query finds an object gone'
  if (keepsClaims(world) && !state.moved && state.committed > completedEnd(world, state)) {
    return 'the committed offset never passes the completed chain'
  }
  return undefined
}

/** Whether a reader who counts before and after an event sees rows go. */
function falls(world: World, before: State, after: State): string | undefined {
  if (before.objects === after.objects && before.hour.run === after.hour.run) return undefined
  const now = new Set(visibleRows(world, after))
  // A record that comes into an hour which the chain has passed may go from sight until it is merged.
  const passed = world.records.indexOf('hour-1')
  const isLate = (row: number) => passed >= 0 && row > passed && world.records[row] === 'hour-0'
  const isThere = (row: number) => now.has(row) || isLate(row)
  return visibleRows(world, before).every(isThere) ? undefined : 'the count never falls'
}

function visibleRows(world: World, state: State): number[] {
  if (!world.compactors) return Object.values(state.objects).flat()
  return visibleKeys(hourWorld(world), state.hour, state.objects).flatMap((key) => state.objects[key]!)
}

function hourWorld({ mistake }: World): HourWorld {
  return { lake: plan.lake, topicId: plan.topicId, firstHourMs: FIRST_HOUR_MS, mistake }
}

function brokenAtEnd(world: World, state: State): string | undefined {
  const landed = visibleRows(world, state)
  const dead = Object.values(state.dead).flat()
  for (const [offset, record] of world.records.entries()) {
    const rows = landed.filter((row) => row === offset).length
    const files = dead.filter((row) => row === offset).length
    if (record.startsWith('hour') && rows !== 1)
      return `record ${offset} is in exactly one object, not ${rows}`
    if (record === 'poison' && files !== 1)
      return `record ${offset} is in exactly one dead file, not ${files}`
  }
  return keepsClaims(world) && completedEnd(world, state) < world.records.length
    ? 'the chain reaches the end of the partition'
    : undefined
}

/** Without claims there is no chain that anything could be promised of: what is left is what becomes of the records. */
function keepsClaims({ mistake }: World): boolean {
  return mistake !== 'no-claim'
}

/** Where the chain of claims ends whose objects are all there. */
function completedEnd(world: World, state: State): number {
  let at = 0
  for (let claim = state.claims[at]; claim; claim = state.claims[at]) {
    if (missing(claim, state).length > 0) return at
    at = claim.E
  }
  return Math.min(at, world.records.length)
}

function missing(claim: Claim, state: State): string[] {
  const keys = claim.files
    .map((file) => file.key)
    .filter((key) => !(key in state.objects) && !isReplaced(state.hour, key))
  const dead = deadKey(plan.lake, claim)
  if (claim.dead > 0 && !(dead in state.dead)) keys.push(dead)
  return keys
}

/** Every state that one event leads to. */
function movesOf(world: World, state: State): Move[] {
  const moving: Move[] =
    world.offsetMoves && !state.moved
      ? [
          {
            name: 'somebody moves the committed offset',
            state: { ...state, committed: world.records.length, moved: true },
          },
        ]
      : []
  const acting = state.actors.flatMap((actor, who) => {
    const moves = steps(world, state, actor, who)
    if (state.crashes > 0 && actor.step.at !== 'find-tail') {
      moves.push(
        move(
          `consumer ${who} crashes at ${actor.step.at}`,
          state,
          who,
          { step: firstStep, put: [] },
          { crashes: state.crashes - 1 },
        ),
      )
    }
    return moves
  })
  if (!world.compactors) return [...acting, ...moving]
  const compacting = hourMoves(hourWorld(world), state.hour, {
    claims: Object.values(state.claims),
    objects: state.objects,
    isComplete: (claim) => missing(claim, state).length === 0,
    crashes: state.crashes,
    lostAnswers: state.lostAnswers,
  }).map(({ name, ...changes }) => ({ name, state: { ...state, ...changes } }))
  return [...acting, ...moving, ...compacting]
}

function move(name: string, state: State, who: number, actor: Actor, changes: Partial<State> = {}): Move {
  return { name, state: { ...state, ...changes, actors: state.actors.with(who, actor) } }
}

/** What the next effect of a consumer can lead to. */
function steps(world: World, state: State, actor: Actor, who: number): Move[] {
  const { step } = actor
  const after = (outcome: Outcome): Actor => ({ step: follow(world, step, outcome), put: [] })
  const done = (name: string, outcome: Outcome, changes: Partial<State> = {}): Move =>
    move(`consumer ${who}: ${name}`, state, who, after(outcome), changes)
  /** The effect is carried out, but its answer does not arrive: the same step is tried again. */
  const orLost = (name: string, result: Move, changes: Partial<State>): Move[] =>
    state.lostAnswers === 0
      ? [result]
      : [
          result,
          move(`consumer ${who}: ${name}, answer lost`, state, who, actor, {
            ...changes,
            lostAnswers: state.lostAnswers - 1,
          }),
        ]

  switch (step.at) {
    case 'find-tail': {
      if (world.mistake === 'trust-committed-offset' || world.mistake === 'no-claim') {
        return [
          move(`consumer ${who} starts at the committed offset`, state, who, {
            step: { at: 'collect', from: state.committed },
            put: [],
          }),
        ]
      }
      const starts = Object.keys(state.claims).map(Number)
      const tail = starts.length === 0 ? undefined : state.claims[Math.max(...starts)]
      return [done('finds the tail', { of: 'find-tail', tail })]
    }
    case 'check-tail':
      return [
        done('checks the tail', { of: 'check-tail', complete: missing(step.claim, state).length === 0 }),
      ]
    case 'collect': {
      const most = world.flushOffsets ?? world.records.length
      const ends = world.records.flatMap((record, offset) =>
        offset >= step.from && offset < step.from + most && record !== 'gap' ? [offset + 1] : [],
      )
      return ends.map((E) =>
        done(`freezes [${step.from},${E})`, { of: 'collect', claim: claimOf(world, step.from, E, who) }),
      )
    }
    case 'collect-claim':
      return [
        done('collects a claim', {
          of: 'collect-claim',
          claim: claimOf(world, step.claim.S, step.claim.E, who),
        }),
      ]
    case 'put-claim': {
      const { claim } = step
      const name = `puts claim [${claim.S},${claim.E})`
      if (claim.S in state.claims && world.mistake !== 'claim-overwrites') {
        return [done(name, { of: 'put-claim', result: 'exists' })]
      }
      const claims = { claims: { ...state.claims, [claim.S]: claim } }
      const stored = done(name, { of: 'put-claim', result: 'stored' }, claims)
      if (state.lostAnswers === 0) return [stored]
      const lost = done(
        `${name}, answer lost`,
        { of: 'put-claim', result: 'unknown' },
        { ...claims, lostAnswers: state.lostAnswers - 1 },
      )
      return [stored, lost]
    }
    case 'read-claim':
      return [done('reads the claim', { of: 'read-claim', claim: state.claims[step.claim.S]! })]
    case 'put-files': {
      const left = step.claim.files.filter((file) => !actor.put.includes(file.key))
      if (left.length === 0) return [done('has put all files', { of: 'put-files' })]
      return left.flatMap(({ key }) => {
        const objects = {
          objects:
            key in state.objects
              ? state.objects
              : { ...state.objects, [key]: rowsOf(world, step.claim, key) },
        }
        const name = `puts ${key.slice(-60)}`
        const put = move(
          `consumer ${who}: ${name}`,
          state,
          who,
          { step, put: [...actor.put, key].sort() },
          objects,
        )
        return orLost(name, put, objects)
      })
    }
    case 'notify': {
      const told = { told: [...new Set([...state.told, ...poisonOf(world, step.claim)])].sort() }
      return orLost(
        'tells of refused records',
        done('tells of refused records', { of: 'notify' }, told),
        told,
      )
    }
    case 'put-dead': {
      const key = deadKey(plan.lake, step.claim)
      const dead = { dead: { ...state.dead, [key]: state.dead[key] ?? poisonOf(world, step.claim) } }
      return orLost('puts the dead file', done('puts the dead file', { of: 'put-dead' }, dead), dead)
    }
    case 'commit':
      // Only the owner's commit is taken; a zombie's is refused, which the protocol does not even notice.
      return [
        done('commits', { of: 'commit' }, { committed: step.claim.E }),
        done('commits, refused', { of: 'commit' }),
      ]
    case 'refuse':
      return []
  }
}

/** The protocol, or the protocol with the mistake built in. */
function follow(world: World, step: Step, outcome: Outcome): Step {
  const { mistake } = world
  if (mistake === 'commit-before-files') {
    if (step.at === 'put-claim' && outcome.of === 'put-claim' && outcome.result === 'stored')
      return { at: 'commit', claim: step.claim }
    if (step.at === 'commit') return { at: 'put-files', claim: step.claim }
    if (step.at === 'put-files') return { at: 'collect', from: step.claim.E }
  }
  if (mistake === 'no-claim' && outcome.of === 'collect') return { at: 'put-files', claim: outcome.claim }
  if (mistake === 'dead-file-before-notice') {
    if (step.at === 'put-files' && step.claim.dead > 0) return { at: 'put-dead', claim: step.claim }
    if (step.at === 'put-dead') return { at: 'notify', claim: step.claim }
    if (step.at === 'notify') return { at: 'commit', claim: step.claim }
  }
  return nextStep(step, outcome, () => true)
}

/** The claim that this consumer plans for a range: the real plan, with a nonce that is the same in every run. */
function claimOf(world: World, S: number, E: number, who: number): Claim {
  const buffer = new RecordBuffer(S)
  for (let offset = S; offset < E; offset++) {
    const record = world.records[offset]
    if (record === 'gap') continue
    if (record === 'poison') {
      buffer.refuse({
        offset,
        timestampMs: FIRST_HOUR_MS,
        reason: 'not_json',
        detail: '',
        key: null,
        value: null,
        headers: [],
      })
    } else buffer.accept(offset, FIRST_HOUR_MS + (record === 'hour-1' ? HOUR_MS : 0), new Uint8Array(1))
  }
  buffer.cursor = E
  return { ...planClaim(plan, 0, buffer), nonce: `${who}:${S}-${E}` }
}

function rowsOf(world: World, claim: Claim, key: string): number[] {
  const hour = claim.files.findIndex((file) => file.key === key)
  const hours = [
    ...new Set(world.records.slice(claim.S, claim.E).filter((record) => record.startsWith('hour'))),
  ].sort()
  const rows = world.records.flatMap((record, offset) =>
    record === hours[hour] && offset >= claim.S && offset < claim.E ? [offset] : [],
  )
  if (rows.length !== claim.files[hour]!.rows)
    throw new Error(`${claimRows(claim)} rows claimed, ${rows.length} simulated`)
  return rows
}

function poisonOf(world: World, claim: Claim): number[] {
  return world.records.flatMap((record, offset) =>
    record === 'poison' && offset >= claim.S && offset < claim.E ? [offset] : [],
  )
}
