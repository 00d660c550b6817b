// A service as a process of its own, so that it can be killed, frozen and read like the real thing.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { PATIENCE_MS } from './patience.ts'

const projectDir = join(import.meta.dirname, '../..')

export interface ServiceOptions {
  readonly env: Record<string, string>
  /** Where its log is kept, beside memory. */
  readonly logFile?: string
}

export class Service {
  readonly process: ChildProcess
  readonly #lines: { readonly [name: string]: unknown }[] = []
  #stdout = ''
  #rest = ''
  #waiting: (() => void)[] = []

  /** @param command path below the project and arguments: `['consumer/main.ts', 'run']` */
  constructor(command: readonly string[], options: ServiceOptions) {
    this.process = spawn(process.execPath, [join(projectDir, command[0]!), ...command.slice(1)], {
      env: { ...options.env, LOG_FORMAT: 'json' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const file = options.logFile ? createWriteStream(options.logFile, { flags: 'a' }) : undefined
    this.process.stderr!.on('data', (chunk: Buffer) => {
      file?.write(chunk)
      this.#read(chunk.toString())
    })
    this.process.stdout!.on('data', (chunk: Buffer) => {
      this.#stdout += chunk
    })
    this.process.on('close', () => {
      file?.end()
      this.#notify()
    })
  }

  get hasEnded(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null
  }

  get stdout(): string {
    return this.#stdout
  }

  /** Everything on standard error, log lines as JSON. */
  get stderr(): string {
    return this.#lines.map((line) => ('text' in line ? line.text : JSON.stringify(line))).join('\n')
  }

  /** The first log line with this message, waited for. @throws Error when the process ends or the time is over without it */
  async logged(message: string, withinMs = PATIENCE_MS): Promise<{ readonly [name: string]: unknown }> {
    const deadline = Date.now() + withinMs
    for (;;) {
      const line = this.#lines.find(({ msg }) => typeof msg === 'string' && msg.includes(message))
      if (line) return line
      if (this.hasEnded) throw new Error(`it ended without "${message}":\n${this.stderr}`)
      if (Date.now() > deadline) throw new Error(`no "${message}" in ${withinMs} ms:\n${this.stderr}`)
      await this.#heard(250)
    }
  }

  /** Resolves when it logs the next line with this message, ends, or the time is over. */
  async nextLogged(message: string, withinMs: number): Promise<void> {
    const deadline = Date.now() + withinMs
    for (let read = this.#lines.length; !this.hasEnded && Date.now() < deadline; ) {
      await this.#heard(deadline - Date.now())
      const fresh = this.#lines.slice(read)
      if (fresh.some(({ msg }) => typeof msg === 'string' && msg.includes(message))) return
      read += fresh.length
    }
  }

  /** Sends a signal and waits for the end. @returns the exit status, or null when a signal ended it */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.hasEnded) return this.process.exitCode
    const closed = once(this.process, 'close')
    this.process.kill(signal)
    await closed
    return this.process.exitCode
  }

  /** Waits until it ends by itself. */
  async ended(): Promise<number | null> {
    if (!this.hasEnded) await once(this.process, 'close')
    return this.process.exitCode
  }

  #read(text: string): void {
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop()!
    for (const line of lines) {
      try {
        this.#lines.push(JSON.parse(line) as { [name: string]: unknown })
      } catch {
        this.#lines.push({ text: line })
      }
    }
    this.#notify()
  }

  /** Resolves when the process has written something or ended, and after this long in any case. */
  #heard(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, withinMs)
      this.#waiting.push(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }

  #notify(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}
