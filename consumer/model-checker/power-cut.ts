// A power cut of the broker: Kafka loses its last records while each consumer has read any number of them. Later it may
// get its log back, and a person may have a refusal withdrawn.
import { isSilent } from '@ticklake/lake/chain-end.ts'
import {
  type Actor,
  comparableUpTo,
  firstOffsetOf,
  isComparable,
  isStale,
  type Move,
  type State,
  type World,
} from './world.ts'

/** One move for each number of records that each consumer may have in memory by then. */
export function powerCutMoves(world: World, state: State): Move[] {
  if (world.replaced === undefined || state.log === 'restored') return []
  if (state.log === 'replaced' && !world.restored) return []
  const log = state.log === 'first' ? 'replaced' : 'restored'
  let casts: Actor[][] = [[]]
  for (const actor of state.actors) {
    const afterwards = doubts(world, { ...state, log }, actor).map((doubted) => ({ ...actor, doubted }))
    casts = casts.flatMap((cast) => afterwards.map((after) => [...cast, after]))
  }
  return casts.map((actors) => {
    const read = actors.map(({ doubted }) => doubted ?? 'none').join(' and ')
    const what = log === 'replaced' ? 'loses the records' : 'has its own records again'
    const name = `Kafka ${what} from ${world.replaced} on; the last of the others that consumers have read: ${read}`
    return { name, state: { ...state, log, actors } }
  })
}

/**
 * The last record that a consumer may have claimed or read and that Kafka now has no longer, or undefined if it has none
 * of those. A consumer that has still to compare the chain's end needs no doubt. @param after the state after the event
 */
function doubts(world: World, after: State, { step, doubted = -1 }: Actor): (number | undefined)[] {
  if (step.at === 'find-tail' || step.at === 'compare-tail' || step.at === 'refuse') return [undefined]
  const isPut = 'claim' in step && !isSilent(step.claim)
  const claim = isPut ? step.claim : comparableUpTo(after, firstOffsetOf(step))
  const isForgotten = world.mistake === 'adopted-claim-not-compared' && step.at === 'collect-claim'
  const claimed = isForgotten ? step.claim.S - 1 : (claim?.last?.offset ?? -1)
  const isGone = claim !== undefined && !isForgotten && isStale(world, after, claim)
  const read = step.at === 'check-tail' ? [] : [...world.records.keys()]
  // A record that it doubted is what Kafka has again; of the other log it may have read those behind.
  const isLater = (offset: number) =>
    offset > claimed && offset > doubted && offset >= world.replaced! && world.records[offset] !== 'gap'
  return [isGone ? claimed : undefined, ...read.filter(isLater)]
}

/** `consumer withdraw`: a refusal is withdrawn if Kafka has the chain's last record. */
export function withdrawalMoves(world: World, state: State): Move[] {
  if (!state.isRefused) return []
  const newest = comparableUpTo(state, Number.POSITIVE_INFINITY)!
  const isProven = isComparable(state, newest) && !isStale(world, state, newest)
  const isMistaken = world.mistake === 'withdrawal-without-proof' && !isComparable(state, newest)
  if (!isProven && !isMistaken) return []
  return [{ name: 'a person has the refusal withdrawn', state: { ...state, isRefused: false } }]
}
