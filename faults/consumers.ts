// The consumers of a round as processes: started, stopped and counted.
import { join } from 'node:path'
import { lastLines, Service } from '@ticklake/testing/service.ts'

/** A consumer stops within 10 s; a machine busy with all servers of the campaign may take longer. */
const STOP_WITHIN_MS = 15_000

export class Consumers {
  readonly #env: Record<string, string>
  readonly #logDir: string
  readonly #onProblem: (what: string) => void
  readonly #all: Service[] = []
  readonly #stopped = new Set<Service>()
  /** Those to which the campaign itself sent SIGKILL. */
  readonly #killed = new Set<Service>()
  readonly #frozen = new Set<Service>()
  #mayRefuse = false
  /** Additional settings of those that start from now on. */
  #more: Record<string, string> = {}

  constructor(env: Record<string, string>, logDir: string, onProblem: (what: string) => void) {
    this.#env = env
    this.#logDir = logDir
    this.#onProblem = onProblem
  }

  /** The running ones, including frozen ones. */
  get count(): number {
    return this.#all.filter((each) => !each.hasEnded && !this.#stopped.has(each)).length
  }

  start(): void {
    const name = `consumer-${this.#all.length + 1}`
    const service = new Service(['consumer/main.ts', 'run'], {
      env: { ...this.#env, ...this.#more },
      logFile: join(this.#logDir, `${name}.log`),
    })
    this.#all.push(service)
    service.process.on('close', (code, signal) => {
      if (this.#stopped.has(service)) return
      if (code === 1 && this.#hasRefused(service)) return
      const said = lastLines(service.stderr)
      this.#onProblem(`${name} ended by itself (${code ?? signal}):\n    ${said}`)
    })
  }

  /** From now on a consumer may stop because Kafka has lost landed records. */
  mayRefuse(): void {
    this.#mayRefuse = true
  }

  /** By its last lines: an earlier error of this kind made it only recover again. */
  #hasRefused({ stderr }: Service): boolean {
    return this.#mayRefuse && /TOPIC_TRUNCATED|OFFSET_OUT_OF_RANGE/.test(lastLines(stderr))
  }

  /** From now on consumers start with these settings. */
  startWith(more: Record<string, string>): void {
    this.#more = more
  }

  /** Resolves when one of them reads from the topic; rejects when the first ends before. */
  async firstAssigned(): Promise<void> {
    await this.#all[0]!.logged('partitions assigned')
  }

  /** A running one that is not frozen, by number; undefined if there is none. */
  pick(number: number): Service | undefined {
    const awake = this.#all.filter(
      (each) => !each.hasEnded && !this.#stopped.has(each) && !this.#frozen.has(each),
    )
    return awake[number % awake.length]
  }

  async kill(service: Service): Promise<void> {
    this.#stopped.add(service)
    this.#killed.add(service)
    await service.stop('SIGKILL')
  }

  /** SIGTERM, after which a consumer lands its records and ends normally. */
  async terminate(service: Service): Promise<void> {
    this.#stopped.add(service)
    const begun = performance.now()
    const timer = setTimeout(() => {
      this.#onProblem(`a consumer did not end within ${STOP_WITHIN_MS} ms of SIGTERM`)
      this.#killed.add(service)
      service.process.kill('SIGKILL')
    }, STOP_WITHIN_MS)
    await service.stop('SIGTERM')
    clearTimeout(timer)
    const { exitCode, signalCode } = service.process
    const afterMs = Math.round(performance.now() - begun)
    if (isOrderlyStop({ exitCode, signalCode, wasKilled: this.#killed.has(service) })) return
    // It may be about to end by itself when the signal comes.
    if (exitCode === 1 && this.#hasRefused(service)) return
    const said = lastLines(service.stderr)
    this.#onProblem(
      `a consumer ended with ${exitCode ?? signalCode} ${afterMs} ms after SIGTERM:\n    ${said}`,
    )
  }

  async freeze(service: Service, forMs: number): Promise<void> {
    this.#frozen.add(service)
    service.process.kill('SIGSTOP')
    // Another consumer must take over its partitions.
    if (!this.pick(0)) this.start()
    await new Promise((resolve) => setTimeout(resolve, forMs))
    service.process.kill('SIGCONT')
    this.#frozen.delete(service)
  }

  /** Stops all of them normally. */
  async terminateAll(): Promise<void> {
    await Promise.all(
      this.#all
        .filter((each) => !each.hasEnded && !this.#stopped.has(each))
        .map((each) => this.terminate(each)),
    )
  }

  /** Kills all that are left, after a failed round. */
  async killAll(): Promise<void> {
    await Promise.all(this.#all.filter((each) => !each.hasEnded).map((each) => this.kill(each)))
  }
}

/** How a process ended after SIGTERM. */
export interface Stop {
  readonly exitCode: number | null
  readonly signalCode: NodeJS.Signals | null
  /**
   * Whether the campaign sent it SIGKILL: at the end of a failed round, or after STOP_WITHIN_MS, which is a problem.
   */
  readonly wasKilled: boolean
}

/** Whether it ended with 0, or because of the campaign itself. */
export function isOrderlyStop({ exitCode, signalCode, wasKilled }: Stop): boolean {
  // SIGTERM: killed by the signal itself, which came before Node had started.
  return exitCode === 0 || signalCode === 'SIGTERM' || (signalCode === 'SIGKILL' && wasKilled)
}
