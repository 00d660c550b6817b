// How every command starts and ends: signals become an AbortSignal, errors become three lines and an exit status.
import type { Readable, Writable } from 'node:stream'
import { endProcess } from './end-process.ts'
import type { Env } from './env.ts'
import { Failure, reasonOf, renderError } from './errors.ts'

/** One Ctrl-C may arrive twice: from the terminal, and from a wrapper such as timeout(1), which forwards it. */
const SAME_SIGNAL_MS = 500

/** A standard stream; the last three are those of a terminal. */
export interface OutputStream extends Writable {
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
}

/** What a command reads and writes: `process`, or what a test puts in its place. */
export interface CommandHost {
  readonly env: Env
  readonly stdin: Readable
  readonly stdout: OutputStream
  readonly stderr: OutputStream
  exitCode?: number | string | null | undefined
}

export interface CommandOptions {
  /**
   * For a command with native threads that may not end: this long after the first signal the process ends in any case,
   * with its current exit status.
   */
  readonly endWithinMs?: number
}

/**
 * Runs a command until it returns. SIGINT and SIGTERM abort the signal, so that the command can clean up; a second one,
 * half a second later or more, ends the process at once. A thrown error is shown on stderr and makes the exit status 1.
 */
export async function runCommand(
  command: (signal: AbortSignal) => Promise<void>,
  { endWithinMs }: CommandOptions = {},
): Promise<void> {
  const controller = new AbortController()
  controller.signal.addEventListener('abort', () => endLater(endWithinMs))
  let abortedAt = 0
  const stop = (name: NodeJS.Signals) => {
    if (!controller.signal.aborted) {
      abortedAt = performance.now()
      controller.abort(name)
    } else if (performance.now() - abortedAt >= SAME_SIGNAL_MS) {
      const status = name === 'SIGINT' ? 130 : 143
      if (endWithinMs !== undefined) endProcess(status)
      process.exit(status)
    }
  }
  process.on('SIGINT', stop).on('SIGTERM', stop)
  // A reader that closes the pipe early (`| head`) is not an error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
    process.stderr.write(`${renderError(asFailure(error, 'the output is cut off'))}\n`)
    process.exit(1)
  })
  await runToEnd(process, () => command(controller.signal))
  process.off('SIGINT', stop).off('SIGTERM', stop)
}

/** Runs a command until it returns; a thrown error is shown on its stderr and makes its exit status 1. */
export async function runToEnd(
  host: Pick<CommandHost, 'stderr' | 'exitCode'>,
  command: () => Promise<void>,
): Promise<void> {
  try {
    await command()
  } catch (error) {
    host.stderr.write(`${renderError(asFailure(error, 'the command ended'))}\n`)
    host.exitCode = 1
  }
}

function endLater(ms: number | undefined): void {
  if (ms === undefined) return
  // The timer is unref'ed: a process that can end by itself does.
  setTimeout(() => endProcess(Number(process.exitCode ?? 0)), ms).unref()
}

const remedies: Readonly<Record<string, { readonly code: string; readonly remedy: string }>> = {
  ENOSPC: {
    code: 'DISK_FULL',
    remedy: 'make room on that disk (df -h shows which is full), then run the command again',
  },
  EDQUOT: { code: 'DISK_FULL', remedy: 'make room within your quota, then run the command again' },
  EROFS: { code: 'NOT_WRITABLE', remedy: 'write elsewhere: this disk is read-only' },
  EACCES: { code: 'NOT_WRITABLE', remedy: 'let this user read and write there, or choose another path' },
  ENOENT: {
    code: 'NOT_THERE',
    remedy: 'check the name: a relative path starts in the folder where the command runs',
  },
  EISDIR: { code: 'NOT_THERE', remedy: 'name a file: this is a folder' },
  EMFILE: { code: 'TOO_MANY_FILES', remedy: 'allow more open files (ulimit -n), then run the command again' },
}

/** Errors of the operating system are not defects: they become three lines as well. */
export function asFailure(error: unknown, meanwhile: string): unknown {
  const { code, syscall } = (error ?? {}) as NodeJS.ErrnoException
  const known = error instanceof Error && syscall !== undefined ? remedies[code ?? ''] : undefined
  if (error instanceof Failure || !known) return error
  return new Failure({
    code: known.code,
    what: `the machine refused to ${syscall}; ${meanwhile}`,
    why: reasonOf(error),
    remedy: known.remedy,
    cause: error,
  })
}

/** Resolves after `ms`, or at once when the signal aborts; never rejects. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal?.addEventListener('abort', done, { once: true })
  })
}

/** Rejects with the signal's reason when it aborts, or at once when it has. */
export function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
