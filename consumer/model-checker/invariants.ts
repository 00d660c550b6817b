// What must hold in every state, from one state to the next, and in final states.
import { type Claim, shiftOf } from '@ticklake/contract/claim.ts'
import { CONTRACT_VERSION } from '@ticklake/contract/columns.ts'
import { deadKey } from '@ticklake/contract/keys.ts'
import {
  hasKafkasRecord,
  isStale,
  lacksRecords,
  missing,
  type State,
  target,
  visibleRows,
  type World,
} from './world.ts'

/** What must hold in every state. */
export function broken(world: World, state: State): string | undefined {
  const visible = visibleRows(world, state)
  if (new Set(visible).size < visible.length) return 'no record is in two objects'
  for (const claim of Object.values(state.claims)) {
    const filed = state.dead[deadKey(target.lake, claim)] ?? []
    const isAnnounced = filed.every((offset) => state.announced.includes(offset))
    if (!isAnnounced && !state.pending.includes(claim.S)) {
      return 'a record in a dead-letter file was announced on the dead-letter topic, or its message is recorded as pending'
    }
    if (!isAnnounced && state.marked.includes(claim.S))
      return 'a message is recorded as sent only when it was'
  }
  const dropped = Object.values(state.claims).some(
    ({ contract, E }) =>
      contract < CONTRACT_VERSION && E > (world.older?.newFieldFrom ?? world.records.length),
  )
  if (dropped) return 'no field of a record that was sent after the raise is dropped'
  if (state.log !== 'first' && landsBehindStale(world, state)) {
    return 'nothing lands after a landed record that Kafka has replaced'
  }
  if (Object.values(state.claims).some((claim) => isMixed(world, state, claim))) {
    return 'no claim has records that Kafka has replaced beside records that it has now'
  }
  const isIntact = !Object.values(state.claims).some((claim) => isStale(world, state, claim))
  if (state.isRefused && isIntact && state.log !== 'restored') {
    return 'a partition is refused only if Kafka has replaced records of its claims'
  }
  if (state.hour.query?.some((key) => !(key in state.objects))) return 'no query finds an object missing'
  if (hasClaims(world) && !state.moved && state.committed > mayBeCommitted(world, state)) {
    return 'the committed offset never passes the landed offset'
  }
  return undefined
}

function landsBehindStale(world: World, state: State): boolean {
  const claims = Object.values(state.claims)
  const stale = claims.filter((claim) => isStale(world, state, claim))
  const staleFrom = Math.min(...stale.map(({ E }) => E))
  return claims.some((claim) => claim.S >= staleFrom && claim.last && !claim.era && !stale.includes(claim))
}

function isMixed(world: World, state: State, claim: Claim): boolean {
  return !isStale(world, state, claim) && hasLostRecord(world, state, claim)
}

/** Whether a claim has a record that Kafka has replaced. */
function hasLostRecord(world: World, state: State, claim: Claim): boolean {
  const hasRecord = (at: number) => claim.last !== undefined && world.records[at - shiftOf(claim)] !== 'gap'
  for (let at = claim.S; at < claim.E; at++)
    if (hasRecord(at) && !hasKafkasRecord(world, state, claim, at)) return true
  return false
}

/** Whether a reader who counts before and after an event sees rows disappear. */
export function falls(world: World, before: State, after: State): string | undefined {
  if (before.objects === after.objects && before.hour.run === after.hour.run) return undefined
  const now = new Set(visibleRows(world, after))
  // A record of an hour that the chain has passed is hidden until it is merged.
  const passed = world.records.indexOf('hour-1')
  const isLate = (row: number) => passed >= 0 && row > passed && world.records[row] === 'hour-0'
  const isThere = (row: number) => now.has(row) || isLate(row)
  return visibleRows(world, before).every(isThere) ? undefined : 'the count never falls'
}

/** What must hold in final states. */
export function brokenAtEnd(world: World, state: State): string | undefined {
  // A person decides what happens to records that Kafka has at landed offsets.
  if (state.isRefused) return undefined
  if (world.eras) return brokenInEras(world, state)
  if (Object.values(state.claims).some((claim) => hasLostRecord(world, state, claim))) {
    return 'what landed is what Kafka has, or the partition is refused'
  }
  const skips = Object.values(state.claims).filter(({ skipped }) => skipped > 0)
  const landed = visibleRows(world, state)
  const dead = Object.values(state.dead).flat()
  const begun = lostClaim(world, state)
  for (const [offset, record] of world.records.entries()) {
    const rows = landed.filter((row) => row === offset).length
    const files = dead.filter((row) => row === offset).length
    if (skips.some(({ S, E }) => S <= offset && offset < E)) {
      if (offset >= state.low) return `record ${offset}, which Kafka has, is not skipped`
      if (rows + files > 0) return `record ${offset}, which a claim skips, is nowhere else`
      continue
    }
    if (begun && offset >= begun.S) {
      if (rows + files > (offset < begun.E ? 1 : 0))
        return `record ${offset} is after a lost claim, or duplicated in it`
      continue
    }
    if (record.startsWith('hour') && rows !== 1)
      return `record ${offset} is in exactly one object, not ${rows}`
    if (files > 0 && !state.announced.includes(offset))
      return `record ${offset}, which is in a dead-letter file, was announced in the end`
    if (record === 'poison' && files !== 1)
      return `record ${offset} is in exactly one dead-letter file, not ${files}`
  }
  return hasClaims(world) && !begun && landedOffset(world, state) < world.records.length
    ? 'the chain reaches the end of the partition'
    : undefined
}

/**
 * The claim at which the chain has stopped for good: it is unfinished, Kafka has deleted records of it, and no consumer
 * has them.
 */
export function lostClaim(world: World, state: State): Claim | undefined {
  const claim = state.claims[landedOffset(world, state)]
  if (!claim || claim.S >= state.low) return undefined
  const isStopped = state.actors.every(
    (actor) => actor.step.at === 'collect-claim' && actor.step.claim.S === claim.S && lacksRecords(actor),
  )
  return isStopped ? claim : undefined
}

/** Whether the chain has stopped for a person to decide. */
export function isStopped(world: World, state: State): boolean {
  return state.isRefused || lostClaim(world, state) !== undefined
}

/** Without claims no invariant of chains applies, only those of records. */
function hasClaims({ mistake }: World): boolean {
  return mistake !== 'no-claim'
}

/** The highest Kafka offset that a consumer may have committed, in this era or an earlier one. */
function mayBeCommitted(world: World, state: State): number {
  const landed = landedOffset(world, state)
  const era = newestEra(state)
  return Math.max(landed - (era?.shift ?? 0), era?.landedBefore ?? 0)
}

function newestEra(state: State) {
  return Object.values(state.claims)
    .toSorted((a, b) => a.S - b.S)
    .at(-1)?.era
}

/** Every record that Kafka has now is in the lake once, except those in an unfinished claim of the previous log. */
function brokenInEras(world: World, state: State): string | undefined {
  const claims = Object.values(state.claims)
  const landed = [...visibleRows(world, state), ...Object.values(state.dead).flat()]
  for (const [offset, record] of world.records.entries()) {
    if (record === 'gap') continue
    const copies = claims.filter((claim) => {
      const at = offset + shiftOf(claim)
      return at >= claim.S && at < claim.E && hasKafkasRecord(world, state, claim, at) && landed.includes(at)
    }).length
    const mayBeLost = claims.some(({ begins }) => {
      const { S = 0, E = 0 } = begins?.unfinished ?? {}
      return begins !== undefined && offset >= S && offset < E && offset < begins.kafkaOffset
    })
    if (copies !== 1 && !(mayBeLost && copies === 0)) {
      return `record ${offset}, as Kafka has it now, is in the lake once, not ${copies} times`
    }
  }
  return landedOffset(world, state) - (newestEra(state)?.shift ?? 0) < world.records.length
    ? 'the chain reaches the end of the partition'
    : undefined
}

/** The landed offset: the end of the chain of complete claims. */
function landedOffset(world: World, state: State): number {
  let at = 0
  for (let claim = state.claims[at]; claim; claim = state.claims[at]) {
    const isGivenUp = state.claims[claim.E]?.begins?.unfinished !== undefined
    if (missing(claim, state).length > 0 && !isGivenUp) return at
    at = claim.E
  }
  return world.eras ? at : Math.min(at, world.records.length)
}
