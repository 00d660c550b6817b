// One round: its own topic, incoming rows and poison, the scenario's faults, and at the end two independent checks: the
// audit through Athena, and the bytes of the objects.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tablePrefix } from '@ticklake/contract/keys.ts'
import { sleep } from '@ticklake/runtime/process.ts'
import { type LakeContent, readLake } from '@ticklake/testing/lake-reader.ts'
import { type S3Proxy, startS3Proxy } from '@ticklake/testing/s3-proxy.ts'
import { lastLines, Service } from '@ticklake/testing/service.ts'
import { poison, produce, ticks } from '@ticklake/testing/topic.ts'
import { Compactor } from './compactor.ts'
import { Consumers } from './consumers.ts'
import { FaultInjector } from './fault-injector.ts'
import type { Platform } from './platform.ts'
import type { Prepared } from './preparation.ts'
import { Reader } from './reader.ts'
import {
  isAmong,
  PARTITIONS,
  PAST_HOURS,
  POISON_PORTION,
  ROWS_AFTER_CUT,
  rowsOf,
  type Scenario,
  TRICKLES,
} from './scenario.ts'

const LAND_WITHIN_S = 120
const TRICKLE_EVERY_MS = 1_000
const PRODUCE_WITHIN_MS = 120_000
const FIRST_CLAIM_WITHIN_MS = 30_000
/** How long a consumer may take to find that Kafka has lost landed records. */
const REFUSED_WITHIN_MS = 10_000
const HOUR_MS = 3_600_000

export interface RoundResult {
  /** Faults that hit something. */
  readonly faults: number
  /** Requests to S3 that were broken. */
  readonly brokenRequests: number
  readonly rows: number
  readonly dead: number
  readonly lost: number
  readonly twice: number
  /** Eras that began because the broker had lost landed records. */
  readonly eras: number
  /** How often the reader counted, and how long its slowest count took. */
  readonly counts: number
  readonly slowestCountMs: number
  /** Past hours that are compacted at the end, and how often compaction was killed meanwhile. */
  readonly compacted: number
  readonly deaths: number
  readonly seconds: number
  /** Where the logs are. */
  readonly laps: readonly (readonly [phase: string, seconds: number])[]
  readonly problems: readonly string[]
}

/**
 * Runs a scenario to its end. Findings are in the result, logs and claims in `dir`. @param onFlowed called when the
 * last row is sent and the last fault is over: from then on no server is killed
 * @throws Error when the campaign's own tools fail
 */
export async function runRound(
  prepared: Prepared,
  platform: Platform,
  signal: AbortSignal,
  onFlowed: () => void,
): Promise<RoundResult> {
  await using s3 = await startS3Proxy(platform.env.AWS_ENDPOINT_URL!)
  return await new Round(prepared, platform, s3).run(signal, onFlowed)
}

class Round {
  readonly #scenario: Scenario
  readonly #platform: Platform
  readonly #dir: string
  readonly #consumers: Consumers
  readonly #env: Record<string, string>
  readonly #problems: string[] = []
  readonly #injector: FaultInjector
  /** Faults that hit something. */
  #faults = 0
  readonly #firstClaim = Promise.withResolvers<void>()
  readonly #firstPastMs: number
  #isCompacting = false
  /** What the audit counted, in a round with a power cut, since nothing else knows what the broker lost. */
  #audited: { readonly landed: number; readonly dead: number } | undefined

  constructor({ scenario, env, dir, firstPastMs, cluster }: Prepared, platform: Platform, s3: S3Proxy) {
    this.#scenario = scenario
    this.#platform = platform
    this.#dir = dir
    this.#env = env
    this.#firstPastMs = firstPastMs
    const CONSUMER_ON_TRUNCATION = scenario.powerCut?.onTruncation ?? 'stop'
    const consumerEnv = { ...env, AWS_ENDPOINT_URL: s3.url, CONSUMER_ON_TRUNCATION }
    this.#consumers = new Consumers(consumerEnv, dir, (what) => this.#problem(what))
    this.#injector = new FaultInjector({
      faults: scenario.faults,
      seed: scenario.seed,
      consumers: this.#consumers,
      platform,
      logDir: dir,
      cluster,
    })
    s3.rule = (request) => {
      if (isAmong('claims', request.method, request.target)) this.#firstClaim.resolve()
      return this.#injector.rule(request)
    }
  }

  async run(signal: AbortSignal, onFlowed: () => void): Promise<RoundResult> {
    const begun = performance.now()
    const laps: [string, number][] = []
    const lap = (phase: string) => {
      const before = laps.reduce((sum, [, seconds]) => sum + seconds, 0)
      laps.push([phase, (performance.now() - begun) / 1000 - before])
    }
    await using compactor = await Compactor.start({
      env: this.#env,
      logDir: this.#dir,
      deaths: this.#scenario.deaths,
      rule: this.#injector.rule,
      onProblem: (what) => this.#problem(what),
    })
    await using reader = new Reader({
      env: this.#env,
      table: this.#env.LAKE_DATASET!,
      wasAway: (since) => this.#platform.wasAway(['local-aws', 'trino'], since),
      isCompacting: () => this.#isCompacting || compactor.isAtWork,
      onProblem: (what) => this.#problem(what),
    })
    try {
      await this.#flow(signal)
      lap('flowed')
      onFlowed()
      await this.#audit()
      lap('audited')
      // An explicit run, besides the scheduled one: now every chain has passed the past hours.
      await Promise.all([this.#consumers.terminateAll(), this.#compact().then(() => compactor.stop())])
      lap('stopped')
      const { rows, objects } = await reader.countLast()
      if (rows !== this.#wanted.rows) {
        this.#problem(`a reader counts ${rows} rows at the end, it should be ${this.#wanted.rows}`)
      }
      lap('counted')
      const lake = await readLake(this.#env, objects)
      const counts = this.#compare(lake)
      const compacted = this.#compactedHours(lake)
      if (this.#problems.length > 0) this.#saveClaims(lake)
      lap('read')
      return {
        ...counts,
        eras: lake.claims.filter(({ begins }) => begins).length,
        faults: this.#faults + compactor.died,
        brokenRequests: this.#injector.brokenRequests,
        counts: reader.watch.answers,
        slowestCountMs: reader.longestMs,
        compacted,
        deaths: compactor.died,
        seconds: (performance.now() - begun) / 1000,
        laps,
        problems: this.#problems,
      }
    } finally {
      await this.#consumers.killAll()
    }
  }

  /** Rows, poison and faults, until everything has landed and every process has ended. */
  async #flow(signal: AbortSignal): Promise<void> {
    for (let i = 0; i < this.#scenario.consumers; i++) this.#consumers.start()
    const begun = this.#scenario.powerCut ? this.#logBytes() : []
    const producer = this.#start('producer', ['producer/main.ts', 'run'])
    try {
      await this.#consumers.firstAssigned()
      // Faults before anything flows would prove nothing.
      await Promise.race([this.#firstClaim.promise, sleep(FIRST_CLAIM_WITHIN_MS)])
      const trickled = this.#trickle()
      // If Ctrl-C ends the faults early, nothing waits for it.
      trickled.catch(() => {})
      this.#faults = await this.#injector.run(signal)
      await trickled
      if (this.#consumers.count === 0) this.#consumers.start()
      await this.#ended('producer', producer, PRODUCE_WITHIN_MS)
      await this.#cutPower(begun)
    } finally {
      await producer.stop('SIGKILL')
    }
  }

  /** @param begun how large the logs were when the round began */
  async #cutPower(begun: readonly number[]): Promise<void> {
    const { powerCut, consumers } = this.#scenario
    if (!powerCut) return
    await sleep(powerCut.afterMs)
    const kept = this.#logBytes().map((now, i) =>
      Math.round(begun[i]! + (now - begun[i]!) * powerCut.kept[i]!),
    )
    this.#faults++
    this.#consumers.mayRefuse()
    if (powerCut.consumersToo) await this.#consumers.killAll()
    writeFileSync(join(this.#dir, 'power-cut.json'), `${JSON.stringify({ begun, kept })}\n`)
    await this.#platform.cutPower(this.#env.KAFKA_TOPIC!, kept, powerCut.awayMs)
    await produce(this.#env, ticks(ROWS_AFTER_CUT * PARTITIONS, PARTITIONS))
    if (powerCut.consumersToo) for (let i = 0; i < consumers; i++) this.#consumers.start()
    if (powerCut.onTruncation === 'stop') {
      await sleep(REFUSED_WITHIN_MS)
      await this.#consumers.terminateAll()
      this.#consumers.startWith({ CONSUMER_ON_TRUNCATION: 'record' })
    }
    if (this.#consumers.count === 0) this.#consumers.start()
  }

  #logBytes(): number[] {
    return Array.from({ length: PARTITIONS }, (_, partition) =>
      this.#platform.logBytes(this.#env.KAFKA_TOPIC!, partition),
    )
  }

  /** What must be in the lake at the end. */
  get #wanted(): { readonly rows: number; readonly dead: number } {
    const { poison: dead } = this.#scenario
    return this.#audited
      ? { rows: this.#audited.landed, dead: this.#audited.dead }
      : { rows: rowsOf(this.#scenario), dead }
  }

  /**
   * Besides the producer's rows, whose keys do not reach every partition: poison, and a row for each partition, so that
   * every chain continues and passes the past hours.
   */
  async #trickle(): Promise<void> {
    for (let portion = 0; portion < TRICKLES; portion++) {
      await sleep(TRICKLE_EVERY_MS)
      const poisoned = portion * POISON_PORTION < this.#scenario.poison ? POISON_PORTION : 0
      await produce(this.#env, [...ticks(PARTITIONS, PARTITIONS), ...poison(poisoned, PARTITIONS)])
    }
  }

  async #audit(): Promise<void> {
    const args = ['catalog/main.ts', 'audit', '--deep', '--wait', String(LAND_WITHIN_S)]
    const audit = this.#start('audit', args)
    await this.#ended('audit', audit, (LAND_WITHIN_S + 120) * 1000)
    writeFileSync(join(this.#dir, 'audit.txt'), audit.stdout)
    const { poison } = this.#scenario
    const rows = rowsOf(this.#scenario)
    const wanted = `audit: produced ${rows + poison}, landed ${rows}, dead ${poison}, skipped 0, lost 0, twice 0`
    const line = audit.stdout.trimEnd().split('\n').at(-1)
    if (this.#scenario.powerCut) {
      const sums = /^audit: produced (\d+), landed (\d+), dead (\d+), skipped (\d+), lost 0, twice 0$/.exec(
        line ?? '',
      )
      if (!sums) return this.#problem(`${line}\n    wanted: lost 0, twice 0, and nothing changed`)
      const [produced, landed, dead, skipped] = sums.slice(1).map(Number) as [number, number, number, number]
      this.#audited = { landed, dead }
      if (produced !== landed + dead + skipped) this.#problem(`${line}: the numbers do not add up`)
      return
    }
    if (line !== wanted) this.#problem(`${line}\n    wanted: ${wanted}`)
  }

  /**
   * At the end every past hour must be read from its compacted objects, unless a partition's newest claim still has
   * rows in it because past and current rows landed together. @returns how many are
   */
  #compactedHours({ objects, claims }: LakeContent): number {
    const { LAKE_PREFIX: prefix, LAKE_DATASET: dataset } = this.#env
    const table = tablePrefix({ prefix: prefix!, dataset: dataset! })
    const newest = new Map(claims.map((claim) => [claim.partition, claim]))
    let compacted = 0
    for (let i = 0; i < PAST_HOURS; i++) {
      const iso = new Date(this.#firstPastMs + i * HOUR_MS).toISOString()
      const [dt, hour] = [iso.slice(0, 10), iso.slice(11, 13)]
      const isOwn = (key: string) => key.startsWith(`${table}dt=${dt}/hour=${hour}/`)
      const small = objects.filter(isOwn).length
      const isOpen = [...newest.values()].some(({ files }) => files.some(({ key }) => isOwn(key)))
      if (small === 0) compacted++
      else if (!isOpen) this.#problem(`the hour ${dt} ${hour}:00 is still read from ${small} small objects`)
    }
    return compacted
  }

  /** Checks the bytes of the objects that the table reads, when nothing is written any more. */
  #compare(lake: LakeContent): Pick<RoundResult, 'rows' | 'dead' | 'lost' | 'twice'> {
    const rows = new Set(lake.rows).size
    const dead = new Set(lake.dead).size
    const lost = Math.max(0, this.#wanted.rows - rows) + Math.max(0, this.#wanted.dead - dead)
    const twice = lake.rows.length - rows + (lake.dead.length - dead)
    if (lost > 0 || twice > 0) this.#problem(`by the objects’ own bytes: lost ${lost}, twice ${twice}`)
    return { rows, dead, lost, twice }
  }

  #saveClaims(lake: LakeContent): void {
    const lines = lake.claims.map((claim) => `${JSON.stringify(claim)}\n`)
    writeFileSync(join(this.#dir, 'claims.jsonl'), lines.join(''))
    writeFileSync(join(this.#dir, 'objects.txt'), `${lake.objects.join('\n')}\n`)
  }

  #start(name: string, command: readonly string[]): Service {
    return new Service(command, { env: this.#env, logFile: join(this.#dir, `${name}.log`) })
  }

  async #compact(): Promise<void> {
    this.#isCompacting = true
    await this.#ended('compact', this.#start('compact', ['catalog/main.ts', 'compact']), 60_000)
  }

  async #ended(name: string, service: Service, withinMs: number): Promise<void> {
    const begun = performance.now()
    let wasLate = false
    const timer = setTimeout(() => {
      wasLate = true
      service.process.kill('SIGKILL')
    }, withinMs)
    const status = await service.ended()
    clearTimeout(timer)
    if (status === 0) return
    // Only the name of the signal tells a crash from a process that was too slow.
    const { signalCode } = service.process
    const how = wasLate
      ? `was killed because it had not ended after ${withinMs} ms`
      : `ended with ${status ?? signalCode} after ${Math.round(performance.now() - begun)} ms`
    this.#problem(`${name} ${how}\n    ${lastLines(service.stderr)}\n    ${lastLines(service.stdout)}`)
  }

  #problem(what: string): void {
    this.#problems.push(what)
    writeFileSync(join(this.#dir, 'problems.txt'), `${new Date().toISOString()} ${what}\n`, { flag: 'a' })
  }
}
