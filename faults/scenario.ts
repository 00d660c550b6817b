// What a round of the campaign does, drawn from its seed: settings, rows, and when which fault comes. Pure.

import { between, oneOf, type Random, randomOf } from '@ticklake/testing/random.ts'
import type { Fault } from '@ticklake/testing/s3-proxy.ts'
import { type CompactionDeath, deathText, drawDeaths } from './compaction-death.ts'

export const PARTITIONS = 6
export const MAX_CONSUMERS = 3
/** Hours of the previous day with rows in the topic when the round begins; they are compacted meanwhile. */
export const PAST_HOURS = 2

/** How often each partition gets a row besides those of the producer, with some of the poison. */
export const TRICKLES = 4
export const POISON_PORTION = 20

export interface Scenario {
  readonly seed: number
  readonly protocol: 'consumer' | 'classic'
  readonly format: 'parquet' | 'jsonl'
  readonly consumers: number
  /** Good rows that the producer sends, and how many a second. */
  readonly rows: number
  readonly rowsPerSecond: number
  /** Records among them that are not ticks. */
  readonly poison: number
  readonly flushAfterMs: number
  readonly flushRows: number
  /** Rows per past hour and partition: enough for several objects. */
  readonly pastRows: number
  /** In order of time. */
  readonly faults: readonly ScheduledFault[]
  /** Where compaction is killed, in the order of its steps. */
  readonly deaths: readonly CompactionDeath[]
  /** Brokers of the topic: 3 in every fourth round, whose leaders move. */
  readonly brokers: 1 | 3
  /** After the last row, in every other round. */
  readonly powerCut: PowerCut | undefined
}

/** The broker is killed and loses what was not on disk yet; other records get the offsets of the lost ones. */
export interface PowerCut {
  /** What running consumers do then. Those that stop are replaced by others that record the loss. */
  readonly onTruncation: 'stop' | 'record'
  /** The share that each partition keeps of what it got in this round. */
  readonly kept: readonly number[]
  /** Whether the consumers' machine loses power as well. */
  readonly consumersToo: boolean
  /** Time after the last row: by then all, some or none of the lost records have landed. */
  readonly afterMs: number
  readonly awayMs: number
}

/** Rows that each partition gets after a power cut, with the offsets of lost ones. */
export const ROWS_AFTER_CUT = 50

/** All good rows that a round sends. */
export function rowsOf({ rows, pastRows }: Pick<Scenario, 'rows' | 'pastRows'>): number {
  return rows + (pastRows * PAST_HOURS + TRICKLES) * PARTITIONS
}

/** `consumer` is an index into those alive when the fault comes, modulo their number. */
export type InjectedFault =
  /** kill -9; a new one starts `backAfterMs` later. */
  | { readonly kind: 'kill'; readonly consumer: number; readonly backAfterMs: number }
  /** SIGTERM; another one starts when it has ended. */
  | { readonly kind: 'restart'; readonly consumer: number }
  /** SIGSTOP, and SIGCONT when the group has long given its partitions to others. */
  | { readonly kind: 'freeze'; readonly consumer: number; readonly forMs: number }
  | { readonly kind: 'add' }
  | { readonly kind: 'remove'; readonly consumer: number }
  /** Of three brokers one is killed or frozen: its partitions get other leaders, and go back to it later. */
  | {
      readonly kind: 'leader'
      readonly broker: number
      readonly how: 'kill' | 'freeze'
      readonly awayMs: number
    }
  /** kill -9 of the broker, which is back after that time. */
  | { readonly kind: 'broker'; readonly awayMs: number }
  | {
      readonly kind: 's3'
      readonly requests: S3Requests
      readonly fault: Fault
      readonly share: number
      readonly forMs: number
    }
  /** local-aws is away: Glue and Athena, and S3 behind it. */
  | { readonly kind: 'local-aws'; readonly awayMs: number }
  /** Trino is away: Athena answers with errors. */
  | { readonly kind: 'trino'; readonly awayMs: number }

type S3Fault = Extract<InjectedFault, { kind: 's3' }>

export type ScheduledFault = InjectedFault & { readonly atMs: number }

/** Which requests to S3 a fault hits. */
export type S3Requests = 'claims' | 'objects' | 'dead files' | 'writes' | 'reads' | 'everything'

const PRODUCE_MS = 5_000
export const BROKERS = 3
const LEADER_MOVES = 2
/** Faults with a long recovery are injected early: the round ends when all are over. */
const SLOW_TO_RECOVER_BY_MS = 2_000
const slowToRecover: ReadonlySet<InjectedFault['kind']> = new Set([
  'kill',
  'freeze',
  'broker',
  'local-aws',
  'trino',
])
/** The group protocols remove a member after 6 s (see platform.ts) or 10 s; then it is a zombie. */
const SESSION_MS = { consumer: 6_000, classic: 10_000 }

/** Draws the scenario of one round. The same seed gives the same scenario, whatever ran before. */
export function drawScenario(seed: number): Scenario {
  const random = randomOf(seed)
  const brokers = seed % 4 === 0 ? 3 : 1
  // Alternating, so that three rounds cover both, and two of three brokers.
  const isClassic = brokers === 1 ? seed % 2 === 0 : seed % 8 === 0
  const protocol = isClassic ? 'classic' : 'consumer'
  const rowsPerSecond = between(random, 3, 6) * 1_000
  const flushRows = oneOf(random, [1_000, 1_500, 2_000])
  return {
    seed,
    protocol,
    format: random() < 0.75 ? 'parquet' : 'jsonl',
    consumers: between(random, 1, MAX_CONSUMERS),
    rows: (rowsPerSecond * PRODUCE_MS) / 1_000,
    rowsPerSecond,
    poison: between(random, 0, 3) * POISON_PORTION,
    flushAfterMs: oneOf(random, [1_500, 3_000]),
    flushRows,
    pastRows: Math.round(flushRows * 1.2),
    faults:
      brokers === 1
        ? drawFaults(random, SESSION_MS[protocol])
        : drawWithMoves(random, SESSION_MS[protocol], seed),
    deaths: drawDeaths(random),
    brokers,
    powerCut: seed % 2 === 0 ? undefined : drawPowerCut(seed),
  }
}

/** From separate random numbers, so that a seed's other draws do not change. */
function drawPowerCut(seed: number): PowerCut {
  const random = randomOf(seed ^ 0x5f37_59df)
  return {
    onTruncation: seed % 4 === 1 ? 'record' : 'stop',
    kept: Array.from({ length: PARTITIONS }, () => oneOf(random, [0.1, 0.5, 0.9, 0.99, 1])),
    consumersToo: random() < 0.5,
    afterMs: oneOf(random, [0, 4_000, 8_000]),
    awayMs: between(random, 0, 3) * 1_000,
  }
}

function drawFaults(random: Random, sessionMs: number): ScheduledFault[] {
  const faults: ScheduledFault[] = []
  const count = between(random, 4, 7)
  // Each server is killed at most once a round, and at most one process is frozen; otherwise the round only waits.
  const once = new Set<InjectedFault['kind']>()
  while (faults.length < count) {
    const fault = drawFault(random, sessionMs)
    if (onlyOnce.has(fault.kind) && once.has(fault.kind)) continue
    once.add(fault.kind)
    const latest = slowToRecover.has(fault.kind) ? SLOW_TO_RECOVER_BY_MS : PRODUCE_MS - 1_000
    faults.push({ ...fault, atMs: between(random, 200, latest) })
  }
  return faults.sort((a, b) => a.atMs - b.atMs)
}

/** The same, with moving leaders instead of a dead broker. */
function drawWithMoves(random: Random, sessionMs: number, seed: number): ScheduledFault[] {
  const others = drawFaults(random, sessionMs).filter(({ kind }) => kind !== 'broker')
  const own = randomOf(seed ^ 0x2545_f491)
  const first = between(own, 0, BROKERS - 1)
  const moves = Array.from({ length: LEADER_MOVES }, (_, i) => ({
    kind: 'leader' as const,
    broker: ((first + i) % BROKERS) + 1,
    how: oneOf(own, ['kill', 'freeze'] as const),
    awayMs: between(own, 1, 3) * 2_000,
    atMs: 500 + 1_500 * i,
  }))
  return [...others, ...moves].sort((a, b) => a.atMs - b.atMs)
}

const onlyOnce: ReadonlySet<InjectedFault['kind']> = new Set(['freeze', 'broker', 'local-aws', 'trino'])

/** The relative frequency of each kind. */
const weights: readonly (readonly [number, Exclude<InjectedFault['kind'], 'leader'>])[] = [
  [6, 'kill'],
  [3, 'restart'],
  [3, 'freeze'],
  [2, 'add'],
  [2, 'remove'],
  [2, 'broker'],
  [10, 's3'],
  [1, 'local-aws'],
  [1, 'trino'],
]

function drawFault(random: Random, sessionMs: number): Exclude<InjectedFault, { kind: 'leader' }> {
  const consumer = between(random, 0, MAX_CONSUMERS - 1)
  const kind = weighted(random)
  switch (kind) {
    case 'kill':
      return { kind, consumer, backAfterMs: oneOf(random, [0, 500, 2_000]) }
    case 'freeze':
      return { kind, consumer, forMs: sessionMs + between(random, 1, 2) * 1_000 }
    case 'restart':
    case 'remove':
      return { kind, consumer }
    case 'add':
      return { kind }
    case 'broker':
    case 'local-aws':
    case 'trino':
      return { kind, awayMs: between(random, 0, 3) * 1_000 }
    case 's3':
      return { kind, ...drawS3(random) }
  }
}

function weighted(random: Random): (typeof weights)[number][1] {
  let left = random() * weights.reduce((sum, [weight]) => sum + weight, 0)
  for (const [weight, kind] of weights) {
    left -= weight
    if (left < 0) return kind
  }
  return weights[0]![1]
}

function drawS3(random: Random): Omit<S3Fault, 'kind'> {
  const fault = oneOf<Fault>(random, [
    { kind: 'status', status: 500, code: 'InternalError' },
    { kind: 'status', status: 503, code: 'SlowDown' },
    { kind: 'status', status: 403, code: 'AccessDenied' },
    { kind: 'reset-before' },
    { kind: 'reset-after' },
    { kind: 'truncate' },
    { kind: 'delay', ms: between(random, 1, 4) * 1_000 },
  ])
  // Storing and cutting apply to writes: half a read request is not a request.
  const writes: readonly S3Requests[] = ['claims', 'objects', 'dead files', 'writes', 'writes']
  const requests = oneOf<S3Requests>(
    random,
    fault.kind === 'truncate' ? writes : [...writes, 'reads', 'everything'],
  )
  return { fault, requests, share: oneOf(random, [0.3, 0.6, 1]), forMs: between(random, 1, 4) * 1_000 }
}

/** Whether a request to S3 is one of those. */
export function isAmong(requests: S3Requests, method: string, target: string): boolean {
  const written = method === 'PUT' || method === 'POST'
  switch (requests) {
    case 'claims':
      return written && target.includes('/claims/')
    case 'objects':
      return written && /\/dt(=|%3D)/i.test(target)
    case 'dead files':
      return written && target.includes('/dead/')
    case 'writes':
      return written
    case 'reads':
      return !written
    case 'everything':
      return true
  }
}

/** The scenario as text: one line for the settings and one per fault. */
export function scenarioText(scenario: Scenario): string[] {
  const { seed, protocol, format, consumers, rows, rowsPerSecond, poison, flushAfterMs, flushRows } = scenario
  return [
    `seed ${seed}: ${protocol} protocol, ${scenario.brokers > 1 ? `${scenario.brokers} brokers, ` : ''}${format}, ${consumers} of ${MAX_CONSUMERS} consumers, ${scenario.pastRows * PAST_HOURS * PARTITIONS} rows of ${PAST_HOURS} past hours and ${rows} at ${rowsPerSecond}/s, ${poison} poison, flush after ${flushAfterMs} ms or ${flushRows} rows`,
    ...scenario.faults.map((fault) => `  at ${(fault.atMs / 1000).toFixed(1)} s: ${faultText(fault)}`),
    ...scenario.deaths.map((death) => `  ${deathText(death)}`),
    ...(scenario.powerCut ? [`  at the end: ${powerCutText(scenario.powerCut)}`] : []),
  ]
}

function powerCutText({ onTruncation, kept, consumersToo, afterMs, awayMs }: PowerCut): string {
  const shares = kept.map((share) => `${share * 100} %`).join(', ')
  return `a power cut of the broker${consumersToo ? ' and of all consumers' : ''}, ${afterMs} ms after the last row, which keeps ${shares} of its partitions, back after ${awayMs} ms; consumers ${onTruncation}`
}

/** A fault as text. */
export function faultText(fault: InjectedFault): string {
  switch (fault.kind) {
    case 'kill':
      return `kill -9 consumer ${fault.consumer}, another one ${fault.backAfterMs} ms later`
    case 'restart':
      return `SIGTERM consumer ${fault.consumer}, and start another one`
    case 'freeze':
      return `freeze consumer ${fault.consumer} for ${fault.forMs} ms, past its session`
    case 'add':
      return 'add a consumer'
    case 'remove':
      return `remove consumer ${fault.consumer}`
    case 'broker':
      return `kill -9 the broker, back after ${fault.awayMs} ms`
    case 'leader':
      return `${fault.how === 'kill' ? 'kill -9' : 'freeze'} broker ${fault.broker} of ${BROKERS}, back after ${fault.awayMs} ms: its partitions get other leaders`
    case 's3': {
      const { kind } = fault.fault
      const how =
        kind === 'status' ? fault.fault.status : kind === 'delay' ? `${fault.fault.ms} ms late` : kind
      return `S3: ${how} for ${fault.share * 100} % of ${fault.requests}, ${fault.forMs} ms long`
    }
    case 'local-aws':
      return `kill -9 local-aws (Glue, Athena, the proxy to S3), back after ${fault.awayMs} ms`
    case 'trino':
      return `kill -9 Trino (Athena), back after ${fault.awayMs} ms`
  }
}
