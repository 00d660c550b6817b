// The consumers of the model: the real protocol, with its effects applied one by one to the simulation.
import type { Claim } from '@ticklake/contract/claim.ts'
import { deadKey } from '@ticklake/contract/keys.ts'
import { isCollecting, nextStep, type Outcome, type Step } from '../claims/claim-protocol.ts'
import {
  type Actor,
  claimOf,
  comparableUpTo,
  contractOf,
  eraAt,
  eraBehind,
  firstOffsetOf,
  isComparable,
  isStale,
  lacksRecords,
  type Move,
  missing,
  newcomer,
  newFrom,
  poisonOf,
  rowsOf,
  type State,
  sentUpTo,
  skipOf,
  target,
  type World,
} from './world.ts'

/** Every state that a step or a crash of a consumer leads to. */
export function consumerMoves(world: World, state: State): Move[] {
  return state.actors.flatMap((actor, who) => {
    const moves = steps(world, state, actor, who)
    if (state.crashes > 0 && actor.step.at !== 'find-tail') {
      const crashes = state.crashes - 1
      moves.push(
        move(`consumer ${who} crashes at ${actor.step.at}`, state, who, restarted(actor), { crashes }),
      )
    }
    return moves
  })
}

function move(name: string, state: State, who: number, actor: Actor, changes: Partial<State> = {}): Move {
  return { name, state: { ...state, ...changes, actors: state.actors.with(who, actor) } }
}

/** The possible results of a consumer's next effect. */
function steps(world: World, state: State, actor: Actor, who: number): Move[] {
  const { step } = actor
  const after = (outcome: Outcome): Actor => readOn(state, actor, follow(world, actor, outcome))
  // It checks the dataset at assignment, and again after the last record that it has read, before it claims.
  const asks = step.at === 'find-tail' || isCollecting(step)
  if (actor.isOlder && state.isRaised && asks && world.mistake !== 'claim-after-the-raise') return []
  if (state.isRefused && step.at === 'find-tail') return []
  if (actor.doubted !== undefined && isCollecting(step)) {
    if (world.mistake !== 'reconnection-trusts-the-offset-alone')
      return [compareDoubted(world, state, actor, who)]
  }
  const era = 'claim' in step ? step.claim.era : 'from' in step ? eraAt(state, step.from) : undefined
  const shift = era?.shift ?? 0
  const claimFor = (S: number, E: number): Claim => ({
    ...claimOf(world, S, E, who, newFrom(world, state, actor), era),
    contract: contractOf(actor),
  })
  const done = (name: string, outcome: Outcome, changes: Partial<State> = {}): Move =>
    move(`consumer ${who}: ${name}`, state, who, after(outcome), changes)
  /** The effect happens, but its answer does not arrive: the same step is retried. */
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
      if (!actor.isOlder && !state.isRaised) {
        return [move(`consumer ${who} raises the dataset`, state, who, actor, { isRaised: true })]
      }
      if (world.mistake === 'trust-committed-offset' || world.mistake === 'no-claim') {
        return [
          move(`consumer ${who} starts at the committed offset`, state, who, {
            ...actor,
            step: { at: 'collect', from: state.committed },
            put: [],
            readsFrom: 0,
          }),
        ]
      }
      const starts = Object.keys(state.claims).map(Number)
      const tail = starts.length === 0 ? undefined : state.claims[Math.max(...starts)]
      return [
        done('finds the tail', { of: 'find-tail', tail, landed: comparableUpTo(state, tail?.E, world) }),
      ]
    }
    case 'compare-tail': {
      // Another consumer compared it while Kafka still had the record.
      if (state.isRefused && !isComparable(state, step.landed))
        return [move(`consumer ${who} finds the partition refused`, state, who, restarted(actor))]
      const isReplaced =
        isStale(world, state, step.landed) &&
        isComparable(state, step.landed) &&
        world.mistake !== 'recovery-trusts-the-offset-alone'
      const replaced = isReplaced ? 'another record' : undefined
      if (isReplaced && world.eras) {
        const begins = eraBehind(world, state, step.claim, who)
        return [done('finds the last record replaced', { of: 'compare-tail', replaced, era: begins })]
      }
      const changes = isReplaced ? { isRefused: true } : {}
      return [done('compares the last record', { of: 'compare-tail', replaced }, changes)]
    }
    case 'check-tail':
      return [
        done('checks the tail', { of: 'check-tail', complete: missing(step.claim, state).length === 0 }),
      ]
    case 'collect': {
      if (lacksRecords(actor)) {
        const end = world.mistake === 'skip-too-much' ? state.low + 1 : state.low
        const claim = skipOf(step.from, end, who)
        const skip: Actor = { ...actor, step: { at: 'put-claim', claim } }
        return [move(`consumer ${who} skips [${claim.S},${claim.E})`, state, who, skip)]
      }
      const most = world.flushOffsets ?? world.records.length
      const sent = sentUpTo(world, state)
      const from = step.from - shift
      const ends = world.records.flatMap((record, offset) =>
        offset >= from && offset < from + most && offset < sent && (record !== 'gap' || mayEndWithGap(world))
          ? [offset + shift + 1]
          : [],
      )
      const moves = ends.map((E) =>
        done(`takes [${step.from},${E})`, { of: 'collect', claim: claimFor(step.from, E) }),
      )
      return [...moves, ...findsRecordsGone(state, actor, who)]
    }
    case 'collect-claim':
      if (lacksRecords(actor)) {
        if (world.mistake === 'on-behind-a-begun-claim') {
          const on: Actor = { ...actor, step: { at: 'collect', from: step.claim.E }, put: [], readsFrom: 0 }
          return [move(`consumer ${who} continues after the claim`, state, who, on)]
        }
        // It stops. Restarted, it continues if another consumer that has the records has finished the claim.
        if (missing(step.claim, state).length > 0) return []
        return [move(`consumer ${who} is restarted`, state, who, restarted(actor))]
      }
      return [
        ...findsRecordsGone(state, actor, who),
        done('collects a claim', {
          of: 'collect-claim',
          claim: claimFor(step.claim.S, step.claim.E),
        }),
      ]
    case 'put-claim': {
      const { claim } = step
      const name = `puts claim [${claim.S},${claim.E})`
      if (claim.S in state.claims && world.mistake !== 'claim-overwrites') {
        return [done(name, { of: 'put-claim', result: 'exists' })]
      }
      const claims = { claims: { ...state.claims, [claim.S]: claim } }
      return orLost(name, done(name, { of: 'put-claim', result: 'stored' }, claims), claims)
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
          { ...actor, put: [...actor.put, key].sort() },
          objects,
        )
        return orLost(name, put, objects)
      })
    }
    case 'announce': {
      if (state.deadLetterTopic === 'closed')
        return [done('cannot announce its rejected records', { of: 'announce', result: 'pending' })]
      const announced = {
        announced: [...new Set([...state.announced, ...poisonOf(world, step.claim)])].sort(),
      }
      return orLost(
        'announces its rejected records',
        done('announces its rejected records', { of: 'announce', result: 'sent' }, announced),
        announced,
      )
    }
    case 'defer-announcement': {
      const pending = { pending: withNumber(state.pending, step.claim.S) }
      const name = 'records that its message is pending'
      return orLost(name, done(name, { of: 'defer-announcement' }, pending), pending)
    }
    case 'put-dead': {
      const key = deadKey(target.lake, step.claim)
      const dead = { dead: { ...state.dead, [key]: state.dead[key] ?? poisonOf(world, step.claim) } }
      return orLost(
        'puts the dead-letter file',
        done('puts the dead-letter file', { of: 'put-dead' }, dead),
        dead,
      )
    }
    case 'commit':
      // Only the owner's commit is accepted; a zombie's is refused, which the protocol ignores.
      return [
        done('commits', { of: 'commit' }, { committed: step.claim.E - shift }),
        done('commits, refused', { of: 'commit' }),
      ]
    case 'refuse':
      if (step.problem.kind === 'truncated' && !state.isRefused && world.restored)
        return [move(`consumer ${who} is started again`, state, who, restarted(actor))]
      if (step.problem.kind !== 'era-begun') return []
      return [move(`consumer ${who} drops what it has read`, state, who, restarted(actor))]
  }
}

/** A claim may end with gaps anywhere; where the end of a chain is not compared that makes no difference. */
function mayEndWithGap({ replaced }: World): boolean {
  return replaced !== undefined
}

/** It looks for the last record that it had before the power cut, and Kafka has another one. */
function compareDoubted(world: World, state: State, actor: Actor, who: number): Move {
  const { doubted, ...trusting } = actor
  if (doubted! < state.low && !state.isRefused)
    return move(`consumer ${who} cannot compare its last record`, state, who, trusting)
  const hasLanded = doubted! < firstOffsetOf(actor.step)
  if (!hasLanded && world.mistake === 'pending-records-outlive-the-log') {
    return move(`consumer ${who} keeps what it has read`, state, who, { ...trusting, outlived: doubted! + 1 })
  }
  if (!world.eras && (hasLanded || world.mistake === 'pending-records-taken-for-landed')) {
    const name = `consumer ${who} finds its last record replaced, and refuses the partition`
    return move(name, state, who, restarted(actor), { isRefused: true })
  }
  // What it has read had not landed, or an era may begin: recovery decides.
  return move(`consumer ${who} drops what it has read`, state, who, restarted(actor))
}

/** What a consumer does besides its chain: it sends pending messages, and records them as sent. */
export function announcementMoves(world: World, state: State): Move[] {
  return state.pending.flatMap((S) => {
    const claim = state.claims[S]!
    if (state.marked.includes(S) || !(deadKey(target.lake, claim) in state.dead)) return []
    const poison = poisonOf(world, claim)
    const isAnnounced = poison.every((offset) => state.announced.includes(offset))
    const moves: Move[] = []
    if (!isAnnounced && state.deadLetterTopic !== 'closed') {
      const announced = poison.reduce(withNumber, state.announced)
      moves.push({ name: `the pending message of ${S} is sent`, state: { ...state, announced } })
    }
    if (isAnnounced || world.mistake === 'recorded-as-sent-before-sent') {
      const marked = withNumber(state.marked, S)
      moves.push({ name: `the message of ${S} is recorded as sent`, state: { ...state, marked } })
    }
    return moves
  })
}

function withNumber(numbers: readonly number[], more: number): readonly number[] {
  return [...new Set([...numbers, more])].sort()
}

/**
 * The actor at its next step. Where it starts to read determines which records it can have; only those that it may miss
 * count.
 */
function readOn(state: State, actor: Actor, step: Step): Actor {
  const recovers = ['find-tail', 'compare-tail', 'check-tail'].includes(actor.step.at)
  const first = !recovers ? actor.readsFrom : isCollecting(step) ? state.low : 0
  return { ...actor, step, put: [], readsFrom: firstOffsetOf(step) < first ? first : 0 }
}

function restarted({ isOlder }: Actor): Actor {
  return isOlder ? { ...newcomer, isOlder } : newcomer
}

/** It started to read before Kafka deleted them, but did not get all: it has to start again. */
function findsRecordsGone(state: State, actor: Actor, who: number): Move[] {
  if (firstOffsetOf(actor.step) >= state.low) return []
  return [move(`consumer ${who} finds records gone`, state, who, restarted(actor))]
}

/** The protocol, or the protocol with the seeded mistake. */
function follow({ mistake }: World, actor: Actor, outcome: Outcome): Step {
  const { step } = actor
  if (mistake === 'commit-before-files') {
    if (step.at === 'put-claim' && outcome.of === 'put-claim' && outcome.result === 'stored')
      return { at: 'commit', claim: step.claim }
    if (step.at === 'commit') return { at: 'put-files', claim: step.claim }
    if (step.at === 'put-files') return { at: 'collect', from: step.claim.E }
  }
  if (mistake === 'no-claim' && outcome.of === 'collect') return { at: 'put-files', claim: outcome.claim }
  if (mistake === 'dead-file-before-message') {
    if (step.at === 'put-files' && step.claim.dead > 0) return { at: 'put-dead', claim: step.claim }
    if (step.at === 'put-dead') return { at: 'announce', claim: step.claim }
    if (step.at === 'announce') return { at: 'commit', claim: step.claim }
  }
  if (mistake === 'pending-message-not-recorded' && step.at === 'announce')
    return { at: 'put-dead', claim: step.claim }
  if (mistake === 'on-behind-the-own-range') {
    // The other claim is a skip: the consumer forgets the part of its own batch that the skip does not cover.
    if (step.at === 'read-claim' && outcome.of === 'read-claim' && outcome.claim.skipped > 0)
      return { at: 'collect', from: step.claim.E }
  }
  return nextStep(step, outcome, ({ contract }) =>
    contract > contractOf(actor) && mistake !== 'claim-after-the-raise' ? 'too-new' : 'writes',
  )
}
