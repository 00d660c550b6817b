// The consumers of a round as processes: started, struck and counted.
import { join } from 'node:path'
import { Service } from '@ticklake/testing/service.ts'

/** Longer than a consumer may take to land what it has and to leave its group. */
const STOP_WITHIN_MS = 45_000
/** A consumer whose client does not close ends itself by SIGKILL, and never before this: see consumer/group/kafka.ts. */
const CLOSING_MS = 10_000
/** What a consumer says while it cannot reach the broker: the attempt's name in its log. */
const NO_BROKER = 'reach_broker'

export class Consumers {
  readonly #env: Record<string, string>
  readonly #logDir: string
  readonly #onProblem: (what: string) => void
  readonly #onDoubt: (what: string) => void
  readonly #all: Service[] = []
  readonly #struck = new Set<Service>()
  /** Those among them that the campaign itself sent SIGKILL. */
  readonly #killed = new Set<Service>()
  readonly #frozen = new Set<Service>()

  /** @param onDoubt told of what does no harm to the lake, and yet should not be: a line for whoever looks */
  constructor(
    env: Record<string, string>,
    logDir: string,
    onProblem: (what: string) => void,
    onDoubt = (what: string): void => void process.stdout.write(`  ${what}\n`),
  ) {
    this.#env = env
    this.#logDir = logDir
    this.#onProblem = onProblem
    this.#onDoubt = onDoubt
  }

  /** Those that run, the frozen ones included. */
  get count(): number {
    return this.#all.filter((each) => !each.hasEnded && !this.#struck.has(each)).length
  }

  start(): void {
    const name = `consumer-${this.#all.length + 1}`
    const service = new Service(['consumer/main.ts', 'run'], {
      env: this.#env,
      logFile: join(this.#logDir, `${name}.log`),
    })
    this.#all.push(service)
    service.process.on('close', (code, signal) => {
      if (this.#struck.has(service)) return
      const said = service.stderr.split('\n').slice(-6).join('\n    ')
      this.#onProblem(`${name} ended by itself (${code ?? signal}):\n    ${said}`)
    })
  }

  /** Resolves when one of them reads from the topic; rejects when the first ends before. */
  async firstAssigned(): Promise<void> {
    await this.#all[0]!.logged('partitions assigned')
  }

  /** One that runs and is not frozen, by number; undefined when there is none. */
  pick(number: number): Service | undefined {
    const awake = this.#all.filter(
      (each) => !each.hasEnded && !this.#struck.has(each) && !this.#frozen.has(each),
    )
    return awake[number % awake.length]
  }

  async kill(service: Service): Promise<void> {
    this.#struck.add(service)
    this.#killed.add(service)
    await service.stop('SIGKILL')
  }

  /** SIGTERM, to which a consumer answers by landing what it has and ending well. */
  async terminate(service: Service): Promise<void> {
    this.#struck.add(service)
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
    const verdict = judgeStop({
      exitCode,
      signalCode,
      afterMs,
      wasKilled: this.#killed.has(service),
    })
    const said = service.stderr.split('\n').slice(-6).join('\n    ')
    const what = `a consumer ended with ${exitCode ?? signalCode} ${afterMs} ms after SIGTERM`
    if (verdict === 'wrong') this.#onProblem(`${what}:\n    ${said}`)
    if (verdict === 'doubtful') {
      const wasAway = this.#all.some((each) => each.stderr.includes(NO_BROKER))
      this.#onDoubt(
        `${what}: its client did not close, the broker had ${wasAway ? 'been away' : 'not been away'}`,
      )
    }
  }

  async freeze(service: Service, forMs: number): Promise<void> {
    this.#frozen.add(service)
    service.process.kill('SIGSTOP')
    // Somebody else must be there to take its partitions over.
    if (!this.pick(0)) this.start()
    await new Promise((resolve) => setTimeout(resolve, forMs))
    service.process.kill('SIGCONT')
    this.#frozen.delete(service)
  }

  /** Ends all of them in order. */
  async terminateAll(): Promise<void> {
    await Promise.all(
      this.#all
        .filter((each) => !each.hasEnded && !this.#struck.has(each))
        .map((each) => this.terminate(each)),
    )
  }

  /** Ends whatever is left, after a round that failed. */
  async killAll(): Promise<void> {
    await Promise.all(this.#all.filter((each) => !each.hasEnded).map((each) => this.kill(each)))
  }
}

/** How a process ended that was sent SIGTERM. */
export interface Stop {
  readonly exitCode: number | null
  readonly signalCode: NodeJS.Signals | null
  /** From the signal to its end. */
  readonly afterMs: number
  /** Whether the campaign sent it SIGKILL: at the end of a round that failed, or after STOP_WITHIN_MS, which is told. */
  readonly wasKilled: boolean
}

/** Whether that is an end in order: 0, or what the campaign itself has done. */
export function judgeStop(stop: Stop): 'well' | 'doubtful' | 'wrong' {
  const { exitCode, signalCode, afterMs, wasKilled } = stop
  if (exitCode === 0) return 'well'
  // The signal's own end: it came before Node had started.
  if (signalCode === 'SIGTERM') return 'well'
  if (signalCode !== 'SIGKILL') return 'wrong'
  if (wasKilled) return 'well'
  // Its own, most probably: leaving a group may take long without a broker, and by then nothing is left to write.
  return afterMs >= CLOSING_MS ? 'doubtful' : 'wrong'
}
