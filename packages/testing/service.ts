// A service as its own process, so that it can be killed and frozen, and its log read.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { type LogLine, LogLines } from './log-lines.ts'

const projectDir = join(import.meta.dirname, '../..')

/** What tests need of a service, wherever it runs. */
export interface RunningService {
  readonly hasEnded: boolean
  readonly stdout: string
  /** Everything on standard error, log lines as JSON. */
  readonly stderr: string
  /** Waits for the first log line with this message. @throws Error when the service or the time ends without it */
  logged(message: string, withinMs?: number): Promise<LogLine>
  /** Resolves when it logs the next line with this message, ends, or the time is over. */
  nextLogged(message: string, withinMs: number): Promise<void>
  /** Stops it in order. @returns the exit status; null: it was killed */
  stop(): Promise<number | null>
  /** Waits until it ends by itself. @returns the exit status; null: it was killed */
  ended(): Promise<number | null>
}

/** The last lines of a service's log for the report of a problem, indented by four. */
export function lastLines(text: string, count = 6): string {
  return text.split('\n').slice(-count).join('\n    ')
}

export interface ServiceOptions {
  readonly env: Record<string, string>
  /** The file that gets its log, in addition to memory. */
  readonly logFile?: string
}

export class Service implements RunningService {
  readonly process: ChildProcess
  readonly #log = new LogLines(() => this.hasEnded)
  #stdout = ''

  /** @param command path below the project and arguments: `['consumer/main.ts', 'run']` */
  constructor(command: readonly string[], options: ServiceOptions) {
    this.process = spawn(process.execPath, [join(projectDir, command[0]!), ...command.slice(1)], {
      env: { ...options.env, LOG_FORMAT: 'json' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const file = options.logFile ? createWriteStream(options.logFile, { flags: 'a' }) : undefined
    this.process.stderr!.on('data', (chunk: Buffer) => {
      file?.write(chunk)
      this.#log.add(chunk.toString())
    })
    this.process.stdout!.on('data', (chunk: Buffer) => {
      this.#stdout += chunk
    })
    this.process.on('close', () => {
      file?.end()
      this.#log.notify()
    })
  }

  get hasEnded(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null
  }

  get stdout(): string {
    return this.#stdout
  }

  get stderr(): string {
    return this.#log.text
  }

  logged(message: string, withinMs?: number): Promise<LogLine> {
    return this.#log.logged(message, withinMs)
  }

  nextLogged(message: string, withinMs: number): Promise<void> {
    return this.#log.nextLogged(message, withinMs)
  }

  /** Sends a signal and waits for the end. @returns the exit status, or null when a signal ended it */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.hasEnded) return this.process.exitCode
    const closed = once(this.process, 'close')
    this.process.kill(signal)
    await closed
    return this.process.exitCode
  }

  async ended(): Promise<number | null> {
    if (!this.hasEnded) await once(this.process, 'close')
    return this.process.exitCode
  }
}
