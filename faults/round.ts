// One round: a topic of its own, rows and poison flowing in, faults as planned, and at the end two verdicts that
// share nothing: Athena's, by the audit, and the objects' own bytes.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { serviceEnv } from '@ticklake/stack/environment.ts'
import { Consumers } from './consumers.ts'
import { type LakeContent, readLake } from './lake-reader.ts'
import {
  faultText,
  isAmong,
  MAX_CONSUMERS,
  PARTITIONS,
  type PlannedFault,
  type RoundPlan,
  type Strike,
} from './plan.ts'
import type { Platform } from './platform.ts'
import { randomOf } from './random.ts'
import { Reader } from './reader.ts'
import { type Fault, type ProxiedRequest, type Rule, type S3Proxy, startS3Proxy } from './s3-proxy.ts'
import { Service } from './service.ts'
import { createTopic, poison, produce } from './topic.ts'

const LAND_WITHIN_S = 120
const PRODUCE_WITHIN_MS = 120_000
const FIRST_CLAIM_WITHIN_MS = 30_000

export interface RoundResult {
  /** Faults that hit something. */
  readonly faults: number
  /** Requests to S3 that were broken. */
  readonly brokenRequests: number
  readonly rows: number
  readonly dead: number
  readonly lost: number
  readonly twice: number
  /** How often the reader counted. */
  readonly counts: number
  readonly seconds: number
  readonly problems: readonly string[]
}

/**
 * Runs a plan to its end. What it finds is in the result; logs and claims are in `dir`.
 * @throws Error when the campaign's own tools fail
 */
export async function runRound(
  plan: RoundPlan,
  platform: Platform,
  dir: string,
  signal: AbortSignal,
): Promise<RoundResult> {
  mkdirSync(dir, { recursive: true })
  writeFileSync(join(dir, 'plan.json'), `${JSON.stringify(plan, null, 2)}\n`)
  await using s3 = await startS3Proxy(platform.env.AWS_ENDPOINT_URL!)
  return await new Round(plan, platform, dir, s3).run(signal)
}

class Round {
  readonly #plan: RoundPlan
  readonly #platform: Platform
  readonly #dir: string
  readonly #consumers: Consumers
  readonly #env: Record<string, string>
  readonly #problems: string[] = []
  /** The rules of the S3 faults that last. */
  readonly #rules = new Set<Rule>()
  /** Requests to S3 that were broken, and faults that hit something. */
  #hits = 0
  #faults = 0
  readonly #firstClaim = Promise.withResolvers<void>()

  constructor(plan: RoundPlan, platform: Platform, dir: string, s3: S3Proxy) {
    this.#plan = plan
    this.#platform = platform
    this.#dir = dir
    this.#env = roundEnv(plan, platform.env)
    const problem = (what: string) => this.#problem(what)
    this.#consumers = new Consumers({ ...this.#env, AWS_ENDPOINT_URL: s3.url }, dir, problem)
    s3.rule = (request) => this.#faultOf(request)
  }

  async run(signal: AbortSignal): Promise<RoundResult> {
    const begun = performance.now()
    await Promise.all([
      createTopic(this.#env, PARTITIONS),
      this.#command('declare', ['catalog/main.ts', 'declare']),
    ])
    await using reader = new Reader({
      env: this.#env,
      table: this.#env.LAKE_DATASET!,
      wasAway: (since) => this.#platform.wasAway(['local-aws', 'trino'], since),
      onProblem: (what) => this.#problem(what),
    })
    try {
      await this.#flow(signal)
      const counted = await reader.countOnce()
      if (counted !== this.#plan.rows) {
        this.#problem(`a reader counts ${counted} rows at the end, ${this.#plan.rows} were sent`)
      }
      const lake = await readLake(this.#env)
      const verdict = this.#judge(lake)
      if (this.#problems.length > 0) this.#keepClaims(lake)
      return {
        ...verdict,
        faults: this.#faults,
        brokenRequests: this.#hits,
        counts: reader.watch.answers,
        seconds: (performance.now() - begun) / 1000,
        problems: this.#problems,
      }
    } finally {
      await this.#consumers.killAll()
    }
  }

  /** Rows, poison and faults, until everything has landed and every process has ended. */
  async #flow(signal: AbortSignal): Promise<void> {
    for (let i = 0; i < this.#plan.consumers; i++) this.#consumers.start()
    await this.#consumers.firstAssigned()
    const producer = this.#start('producer', ['producer/main.ts', 'run'])
    try {
      // Faults that strike before anything moves would prove nothing.
      await Promise.race([this.#firstClaim.promise, sleep(FIRST_CLAIM_WITHIN_MS)])
      const poisoned = this.#poison()
      const struck = await Promise.all(this.#plan.faults.map((fault) => this.#strikeInTime(fault, signal)))
      this.#faults = struck.filter(Boolean).length
      await poisoned
      if (this.#consumers.count === 0) this.#consumers.start()
      await this.#ended('producer', producer, PRODUCE_WITHIN_MS)
    } finally {
      await producer.stop('SIGKILL')
    }
    await this.#audit()
    await this.#consumers.terminateAll()
  }

  /** Carries a fault out when its time has come. @returns whether it hit something */
  async #strikeInTime(fault: PlannedFault, signal: AbortSignal): Promise<boolean> {
    await sleep(fault.atMs)
    if (signal.aborted) throw new Error('stopped')
    writeFileSync(join(this.#dir, 'faults.log'), `${new Date().toISOString()} ${faultText(fault)}\n`, {
      flag: 'a',
    })
    return this.#strike(fault)
  }

  async #strike(fault: Strike): Promise<boolean> {
    const consumers = this.#consumers
    switch (fault.kind) {
      case 'add':
        if (consumers.count >= MAX_CONSUMERS) return false
        consumers.start()
        return true
      case 'broker':
        await this.#platform.takeAway('kafka', fault.awayMs)
        return true
      case 'local-aws':
      case 'trino':
        await this.#platform.takeAway(fault.kind, fault.awayMs)
        return true
      case 's3':
        return this.#breakS3(fault)
    }
    const consumer = consumers.pick(fault.consumer)
    if (!consumer) return false
    switch (fault.kind) {
      case 'kill':
        await consumers.kill(consumer)
        await sleep(fault.backAfterMs)
        if (consumers.count < MAX_CONSUMERS) consumers.start()
        return true
      case 'restart':
        await consumers.terminate(consumer)
        if (consumers.count < MAX_CONSUMERS) consumers.start()
        return true
      case 'remove':
        await consumers.terminate(consumer)
        if (consumers.count === 0) consumers.start()
        return true
      case 'freeze':
        await consumers.freeze(consumer, fault.forMs)
        return true
    }
  }

  async #breakS3({ requests, fault, share, forMs }: Extract<Strike, { kind: 's3' }>): Promise<boolean> {
    const random = randomOf(this.#plan.seed)
    let hits = 0
    const rule: Rule = ({ method, target }) => {
      if (!isAmong(requests, method, target) || random() >= share) return undefined
      hits++
      return fault
    }
    this.#rules.add(rule)
    await sleep(forMs)
    this.#rules.delete(rule)
    return hits > 0
  }

  async #faultOf(request: ProxiedRequest): Promise<Fault | undefined> {
    if (isAmong('claims', request.method, request.target)) this.#firstClaim.resolve()
    for (const rule of this.#rules) {
      const fault = await rule(request)
      if (fault) {
        this.#hits++
        return fault
      }
    }
    return undefined
  }

  /** Sends the poison in a few portions while the rows flow. */
  async #poison(): Promise<void> {
    const portion = 20
    for (let sent = 0; sent < this.#plan.poison; sent += portion) {
      await sleep(1_500)
      await produce(this.#env, poison(portion, PARTITIONS))
    }
  }

  async #audit(): Promise<void> {
    const args = ['catalog/main.ts', 'audit', '--deep', '--wait', String(LAND_WITHIN_S)]
    const audit = this.#start('audit', args)
    await this.#ended('audit', audit, (LAND_WITHIN_S + 120) * 1000)
    writeFileSync(join(this.#dir, 'audit.txt'), audit.stdout)
    const { rows, poison } = this.#plan
    const wanted = `audit: produced ${rows + poison}, landed ${rows}, dead ${poison}, skipped 0, lost 0, twice 0`
    const line = audit.stdout.trimEnd().split('\n').at(-1)
    if (line !== wanted) this.#problem(`${line}\n    wanted: ${wanted}`)
  }

  /** The lake by its own bytes, when nobody writes any more. */
  #judge(lake: LakeContent): Pick<RoundResult, 'rows' | 'dead' | 'lost' | 'twice'> {
    const rows = new Set(lake.rows).size
    const dead = new Set(lake.dead).size
    const lost = Math.max(0, this.#plan.rows - rows) + Math.max(0, this.#plan.poison - dead)
    const twice = lake.rows.length - rows + (lake.dead.length - dead)
    if (lost > 0 || twice > 0) this.#problem(`by the objects’ own bytes: lost ${lost}, twice ${twice}`)
    return { rows, dead, lost, twice }
  }

  #keepClaims(lake: LakeContent): void {
    const lines = lake.claims.map((claim) => `${JSON.stringify(claim)}\n`)
    writeFileSync(join(this.#dir, 'claims.jsonl'), lines.join(''))
    writeFileSync(join(this.#dir, 'objects.txt'), `${lake.objects.join('\n')}\n`)
  }

  #start(name: string, command: readonly string[]): Service {
    return new Service(command, { env: this.#env, logFile: join(this.#dir, `${name}.log`) })
  }

  async #command(name: string, command: readonly string[]): Promise<void> {
    await this.#ended(name, this.#start(name, command), 60_000)
  }

  async #ended(name: string, service: Service, withinMs: number): Promise<void> {
    const timer = setTimeout(() => service.process.kill('SIGKILL'), withinMs)
    const status = await service.ended()
    clearTimeout(timer)
    if (status !== 0) {
      const said = service.stderr.split('\n').slice(-6).join('\n    ')
      this.#problem(`${name} ended with ${status ?? `a kill after ${withinMs} ms`}\n    ${said}`)
    }
  }

  #problem(what: string): void {
    this.#problems.push(what)
    writeFileSync(join(this.#dir, 'problems.txt'), `${new Date().toISOString()} ${what}\n`, { flag: 'a' })
  }
}

/** Nothing of a round is shared with another one but the servers. */
function roundEnv(plan: RoundPlan, stack: Readonly<Record<string, string>>): Record<string, string> {
  return serviceEnv(stack, {
    PATH: process.env.PATH ?? '',
    HOME: process.env.HOME ?? '',
    LOG_LEVEL: 'debug',
    LAKE_PREFIX: `round-${plan.seed}`,
    LAKE_DATASET: 'ticks',
    LAKE_DATABASE: `round_${plan.seed}`,
    LAKE_FORMAT: plan.format,
    KAFKA_TOPIC: `round-${plan.seed}`,
    KAFKA_GROUP_PROTOCOL: plan.protocol,
    PRODUCER_ROWS: String(plan.rows),
    PRODUCER_RATE: String(plan.rowsPerSecond),
    PRODUCER_HEALTH_PORT: '0',
    CONSUMER_HEALTH_PORT: '0',
    CONSUMER_FLUSH_AFTER_MS: String(plan.flushAfterMs),
    CONSUMER_FLUSH_ROWS: String(plan.flushRows),
  })
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
