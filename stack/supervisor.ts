// Starts processes, watches them, and leaves none running: not after an error, Ctrl-C, or a kill of this process.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { Failure } from '@ticklake/runtime/errors.ts'
import { sleep } from '@ticklake/runtime/process.ts'
import { fullDisk } from './disk-space.ts'
import { LogFile } from './log-file.ts'

export interface ProcessSpec {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd?: string
  /** Asks the process whether it serves; an error means not yet. */
  readonly ready?: () => Promise<boolean>
  readonly readyWithinMs?: number
  /** How long it may take to end after SIGTERM before it is killed. */
  readonly stopWithinMs?: number
  /** It may end by itself: `well` only with exit status 0, `anyhow` if the caller checks the status. */
  readonly mayEnd?: 'well' | 'anyhow'
  /** Called with every line that it writes; its log file has them too. */
  readonly onLine?: (line: string) => void
}

export interface Running {
  readonly name: string
  readonly pid: number
  readonly log: string
  /** Exit status, or the signal's name; resolves when the process has ended. */
  readonly ended: Promise<number | string>
  stop(): Promise<number | string>
}

export class Supervisor implements AsyncDisposable {
  /** Aborts, with the Failure as its reason, when a process ends that nobody stopped. */
  readonly failed: AbortSignal
  readonly #failure = new AbortController()
  readonly #logDir: string
  readonly #watchdog: ChildProcess
  readonly #running: { running: Running; expected: { end: boolean } }[] = []
  #stopped: Promise<void> | undefined

  constructor(logDir: string) {
    this.#logDir = logDir
    this.failed = this.#failure.signal
    // In a session of its own, so that a Ctrl-C in the terminal does not reach it.
    this.#watchdog = spawn('sh', [join(import.meta.dirname, 'watchdog.sh')], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    })
    this.#watchdog.stdin?.on('error', () => {})
  }

  /**
   * Starts a process and waits until it is ready.
   * @throws Failure PROCESS_DIED or PROCESS_NOT_READY with the last lines of its log; it has ended then.
   */
  async start(spec: ProcessSpec): Promise<Running> {
    if (this.#stopped) throw new Error(`${spec.name} is started after the stop`)
    const log = new LogFile(join(this.#logDir, `${spec.name}.log`))
    // A group of its own: Ctrl-C in the terminal reaches us alone, and the stop has an order.
    const child = spawn(spec.command, spec.args, {
      cwd: spec.cwd,
      env: spec.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => log.write(chunk))
      if (spec.onLine) createInterface({ input: stream }).on('line', spec.onLine)
    }
    const expected = { end: false }
    const ended = new Promise<number | string>((resolve) => {
      child.once('error', (error) => resolve(error.message))
      child.once('close', (code, signal) => resolve(code ?? signal ?? 'unknown'))
    })
    const { pid } = child
    if (pid === undefined) throw died(spec.name, await ended, log)
    this.#watchdog.stdin?.write(`+ ${pid}\n`)

    const running: Running = { name: spec.name, pid, log: log.path, ended, stop: () => stop() }
    const stop = async () => {
      expected.end = true
      await endGroup(child, ended, spec.stopWithinMs ?? 20_000)
      return ended
    }
    this.#running.push({ running, expected })
    const forget = ended.then((status) => {
      this.#watchdog.stdin?.write(`- ${pid}\n`)
      this.#running.splice(
        this.#running.findIndex((entry) => entry.running === running),
        1,
      )
      if (!expected.end && !(spec.mayEnd === 'anyhow' || (spec.mayEnd === 'well' && status === 0)))
        this.#failure.abort(died(spec.name, status, log))
      log.close()
    })
    await this.#becomeReady(spec, ended, log, stop)
    void forget
    return running
  }

  async #becomeReady(
    spec: ProcessSpec,
    ended: Promise<number | string>,
    log: LogFile,
    stop: () => Promise<unknown>,
  ) {
    const { ready } = spec
    if (!ready) return
    const withinMs = spec.readyWithinMs ?? 60_000
    const deadline = performance.now() + withinMs
    let status: { ended: number | string } | undefined
    void ended.then((value) => {
      status = { ended: value }
    })
    for (;;) {
      if (status) throw died(spec.name, status.ended, log)
      if (this.#stopped) throw died(spec.name, 'stopped', log)
      if (await ready().catch(() => false)) return
      if (performance.now() > deadline) {
        const tail = log.tail(5)
        await stop()
        throw new Failure({
          code: 'PROCESS_NOT_READY',
          what: `${spec.name} did not answer within ${withinMs / 1000} s, and was stopped`,
          why: `its last lines: ${tail}`,
          remedy: `read ${log.path}`,
        })
      }
      await sleep(50)
    }
  }

  /** Ends every process, the last one started first; safe to call twice. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stopAll()
    return this.#stopped
  }

  async #stopAll(): Promise<void> {
    for (const { running } of [...this.#running].reverse()) await running.stop()
    const gone = once(this.#watchdog, 'close')
    this.#watchdog.stdin?.end()
    if (this.#watchdog.exitCode === null && this.#watchdog.signalCode === null) await gone
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }
}

/** SIGTERM to the whole group, SIGKILL when it does not end in time. */
async function endGroup(child: ChildProcess, ended: Promise<unknown>, withinMs: number): Promise<void> {
  signalGroup(child, 'SIGTERM')
  const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), withinMs)
  await ended
  clearTimeout(timer)
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, signal)
  } catch {
    // The group has ended already.
  }
}

function died(name: string, status: number | string, log: LogFile): Failure {
  const what = `${name} ended by itself (${typeof status === 'number' ? `exit status ${status}` : status})`
  const full = fullDisk(dirname(log.path), what)
  if (full) return full
  return new Failure({
    code: 'PROCESS_DIED',
    what,
    why: `its last lines: ${log.tail(5)}`,
    remedy: `read ${log.path}`,
  })
}
