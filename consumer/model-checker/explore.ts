// Tries every order of events that a small world allows: consumers of one partition, their crashes, lost answers and
// late writes, against a simulated S3 and Kafka, and the real protocol. Reports where a record is lost or duplicated.
import { hourMoves } from './compactors.ts'
import { announcementMoves, consumerMoves } from './consumers.ts'
import { broken, brokenAtEnd, falls, isStopped } from './invariants.ts'
import { powerCutMoves, withdrawalMoves } from './power-cut.ts'
import { beginWorld, hourWorld, type Move, missing, type State, textOf, type World } from './world.ts'

export interface Findings {
  readonly states: number
  /** The first broken invariant, with the events that led to it, or undefined. */
  readonly violation: { readonly invariant: string; readonly trace: readonly string[] } | undefined
  /** Final states, in which every record has landed or is known to be lost. */
  readonly ends: number
  /** Final states in which the chain has stopped for a person to decide. */
  readonly stops: number
}

/** Visits every state that the world can reach. Stops at the first broken invariant. */
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
        const invariant = brokenAtEnd(world, state)
        if (invariant)
          return { states: seen.size, violation: { invariant, trace: unroll(trace) }, ends, stops }
        ends++
        if (isStopped(world, state)) stops++
      }
      for (const move of moves) {
        const text = textOf(move.state)
        if (seen.has(text)) continue
        seen.add(text)
        const grown = { event: move.name, before: trace }
        const invariant = broken(world, move.state) ?? falls(world, state, move.state)
        if (invariant)
          return { states: seen.size, violation: { invariant, trace: unroll(grown) }, ends, stops }
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

/** Every state that one event can lead to. */
function movesOf(world: World, state: State): Move[] {
  return [
    ...consumerMoves(world, state),
    ...announcementMoves(world, state),
    ...outsideMoves(world, state),
    ...powerCutMoves(world, state),
    ...withdrawalMoves(world, state),
    ...compactorMoves(world, state),
  ]
}

/** Events that change Kafka from outside. */
function outsideMoves(world: World, state: State): Move[] {
  const moves: Move[] = []
  if (world.offsetMoves && !state.moved) {
    moves.push({
      name: 'someone moves the committed offset',
      state: { ...state, committed: world.records.length, moved: true },
    })
  }
  if (world.deadLetterTopicCloses && state.deadLetterTopic !== 'open again') {
    const deadLetterTopic = state.deadLetterTopic === 'open' ? 'closed' : 'open again'
    moves.push({ name: `the dead-letter topic is ${deadLetterTopic}`, state: { ...state, deadLetterTopic } })
  }
  if (world.retention && state.low === 0 && (world.replaced === undefined || state.isRefused)) {
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
