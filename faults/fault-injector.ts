// Injects the faults of a round, each at its time.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestCluster } from '@ticklake/kafka-reader/test-cluster.ts'
import { sleep } from '@ticklake/runtime/process.ts'
import { randomOf } from '@ticklake/testing/random.ts'
import type { Fault, ProxiedRequest, Rule } from '@ticklake/testing/s3-proxy.ts'
import type { Consumers } from './consumers.ts'
import type { Platform } from './platform.ts'
import { faultText, type InjectedFault, isAmong, MAX_CONSUMERS, type ScheduledFault } from './scenario.ts'

export interface FaultInjectorOptions {
  readonly faults: readonly ScheduledFault[]
  /** Random numbers that decide which requests to S3 are hit. */
  readonly seed: number
  readonly consumers: Consumers
  readonly platform: Pick<Platform, 'takeAway'>
  readonly logDir: string
  /** The brokers of a round whose leaders move. */
  readonly cluster: Pick<TestCluster, 'kill' | 'begin' | 'ready' | 'stop' | 'goOn'> | undefined
}

export class FaultInjector {
  readonly #options: FaultInjectorOptions
  /** The rules of the current S3 faults. */
  readonly #rules = new Set<Rule>()
  #brokenRequests = 0
  /** Only one broker is down at a time: two of three must elect leaders. */
  #lastMove = Promise.resolve()

  constructor(options: FaultInjectorOptions) {
    this.#options = options
  }

  /** Requests to S3 that were broken. */
  get brokenRequests(): number {
    return this.#brokenRequests
  }

  /** What happens to a request now: the rule of every proxy of the round. */
  readonly rule: Rule = async (request: ProxiedRequest): Promise<Fault | undefined> => {
    for (const rule of this.#rules) {
      const fault = await rule(request)
      if (fault) {
        this.#brokenRequests++
        return fault
      }
    }
    return undefined
  }

  /** Injects all of them. @returns how many hit something */
  async run(signal: AbortSignal): Promise<number> {
    const hits = await Promise.all(this.#options.faults.map((fault) => this.#inTime(fault, signal)))
    return hits.filter(Boolean).length
  }

  async #inTime(fault: ScheduledFault, signal: AbortSignal): Promise<boolean> {
    await sleep(fault.atMs)
    if (signal.aborted) throw new Error('stopped')
    const line = `${new Date().toISOString()} ${faultText(fault)}\n`
    writeFileSync(join(this.#options.logDir, 'faults.log'), line, { flag: 'a' })
    return this.#inject(fault)
  }

  async #inject(fault: InjectedFault): Promise<boolean> {
    const { consumers, platform } = this.#options
    switch (fault.kind) {
      case 'add':
        if (consumers.count >= MAX_CONSUMERS) return false
        consumers.start()
        return true
      case 'broker':
        await platform.takeAway('kafka', fault.awayMs)
        return true
      case 'local-aws':
      case 'trino':
        await platform.takeAway(fault.kind, fault.awayMs)
        return true
      case 'leader':
        this.#lastMove = this.#lastMove.then(() => this.#moveLeaders(fault))
        await this.#lastMove
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

  async #moveLeaders({ broker, how, awayMs }: Extract<InjectedFault, { kind: 'leader' }>): Promise<void> {
    const cluster = this.#options.cluster!
    if (how === 'kill') await cluster.kill(broker)
    else cluster.stop(broker)
    await sleep(awayMs)
    if (how === 'freeze') return cluster.goOn(broker)
    cluster.begin(broker)
    await cluster.ready(broker)
  }

  async #breakS3({
    requests,
    fault,
    share,
    forMs,
  }: Extract<InjectedFault, { kind: 's3' }>): Promise<boolean> {
    const random = randomOf(this.#options.seed)
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
}
