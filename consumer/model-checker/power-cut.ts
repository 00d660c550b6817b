// A power cut of the broker: Kafka loses its last records while each consumer has read any number of them.
import type { Actor, Move, State, World } from './world.ts'

/** One move for each number of records that each consumer may have in memory by then. */
export function powerCutMoves(world: World, state: State): Move[] {
  if (world.replaced === undefined || state.isReplaced) return []
  let casts: Actor[][] = [[]]
  for (const actor of state.actors) {
    const afterwards = doubts(world, state, actor).map((doubted) => ({ ...actor, doubted }))
    casts = casts.flatMap((cast) => afterwards.map((after) => [...cast, after]))
  }
  return casts.map((actors) => {
    const read = actors.map(({ doubted }) => doubted ?? 'none').join(' and ')
    const name = `Kafka loses the records from ${world.replaced} on, of which consumers have read ${read}, and gets others`
    return { name, state: { ...state, isReplaced: true, actors } }
  })
}

/**
 * The last record that a consumer may have claimed or read: all that Kafka replaces, and undefined if it has none of
 * those. A consumer that has still to compare the chain's end needs no doubt.
 */
function doubts(world: World, state: State, { step }: Actor): (number | undefined)[] {
  if (step.at === 'find-tail' || step.at === 'compare-tail' || step.at === 'refuse') return [undefined]
  const isAtEnd = ({ E }: { readonly E: number }) => 'from' in step && E === step.from
  const claim = 'claim' in step ? step.claim : Object.values(state.claims).find(isAtEnd)
  const isForgotten = world.mistake === 'adopted-claim-not-compared' && step.at === 'collect-claim'
  const claimed = isForgotten ? step.claim.S - 1 : (claim?.last?.offset ?? -1)
  const read = step.at === 'check-tail' ? [] : [...world.records.keys()]
  const later = read.filter((offset) => offset > claimed && world.records[offset] !== 'gap')
  return [...new Set([claimed, ...later].map((offset) => (offset < world.replaced! ? undefined : offset)))]
}
