// Tries every order of events that a small world allows: consumers of one partition, their crashes, lost answers and
// late writes, against a simulated S3 and Kafka, and the real protocol. Says where a record is lost or doubled.
import { hourMoves } from './compactors.ts'
import { consumerMoves, noticeMoves } from './consumers.ts'
import { broken, brokenAtEnd, falls, lostClaim } from './invariants.ts'
import { beginWorld, hourWorld, type Move, missing, type State, textOf, type World } from './world.ts'

export interface Findings {
  readonly states: number
  /** The first broken promise, with the events that led to it, or undefined. */
  readonly violation: { readonly promise: string; readonly trace: readonly string[] } | undefined
  /** States in which nothing can happen any more, and everything has landed or is told to be lost. */
  readonly ends: number
  /** Those among them in which the chain has stopped at a begun claim whose records are gone. */
  readonly stops: number
}

/** Visits every state that the world can reach. Stops at the first broken promise. */
export function explore(world: World): Findings {
  const begin = beginWorld(world)
  const seen = new Set<string>([textOf(begin)])
  let frontier: { state: State; trace: Trace | undefined }[] = [{ state: begin, trace: undefined }]
  let ends = 0
  let stops = 0
  while (frontier.length > 0) {
    const next: typeof frontier = []
    for (const { state, trace } of frontier) {
      const moves = movesOf(world, state)
      if (moves.length === 0) {
        const promise = brokenAtEnd(world, state)
        if (promise) return { states: seen.size, violation: { promise, trace: unroll(trace) }, ends, stops }
        ends++
        if (lostClaim(world, state)) stops++
      }
      for (const move of moves) {
        const text = textOf(move.state)
        if (seen.has(text)) continue
        seen.add(text)
        const grown = { event: move.name, before: trace }
        const promise = broken(world, move.state) ?? falls(world, state, move.state)
        if (promise) return { states: seen.size, violation: { promise, trace: unroll(grown) }, ends, stops }
        next.push({ state: move.state, trace: grown })
      }
    }
    frontier = next
  }
  return { states: seen.size, violation: undefined, ends, stops }
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

/** Every state that one event leads to. */
function movesOf(world: World, state: State): Move[] {
  return [
    ...consumerMoves(world, state),
    ...noticeMoves(world, state),
    ...outsideMoves(world, state),
    ...compactorMoves(world, state),
  ]
}

/** What is done to Kafka from outside. */
function outsideMoves(world: World, state: State): Move[] {
  const moves: Move[] = []
  if (world.offsetMoves && !state.moved) {
    moves.push({
      name: 'somebody moves the committed offset',
      state: { ...state, committed: world.records.length, moved: true },
    })
  }
  if (world.lettersClose && state.letters !== 'open again') {
    const letters = state.letters === 'open' ? 'closed' : 'open again'
    moves.push({ name: `the dead-letter topic is ${letters}`, state: { ...state, letters } })
  }
  if (world.retention && state.low === 0) {
    moves.push({
      name: `Kafka deletes what is below ${world.retention}`,
      state: { ...state, low: world.retention },
    })
  }
  return moves
}

function compactorMoves(world: World, state: State): Move[] {
  if (!world.compactors) return []
  return hourMoves(hourWorld(world), state.hour, {
    claims: Object.values(state.claims),
    objects: state.objects,
    isComplete: (claim) => missing(claim, state).length === 0,
    crashes: state.crashes,
    lostAnswers: state.lostAnswers,
  }).map(({ name, ...changes }) => ({ name, state: { ...state, ...changes } }))
}
