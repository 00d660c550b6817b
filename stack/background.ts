// `make stack`: the supervisor in the background, and the command that starts it and waits for it.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Failure, renderError } from '@ticklake/runtime/errors.ts'
import { sleep } from '@ticklake/runtime/process.ts'
import { lakeBucket } from './bucket.ts'
import { fullDisk, requireDiskSpace } from './disk-space.ts'
import { namesOf, shellExports, shellSettings } from './environment.ts'
import { homeDir, stateFile } from './paths.ts'
import { startStack } from './stack.ts'
import { isStack, readState, removeState, runningStack, writeState } from './state.ts'

type Message = { ready: string; seconds: number } | { started: true } | { failed: string }

/**
 * Starts the stack in the background unless one runs; prints the exports for other tools in both cases.
 * @throws Failure STACK_NOT_STARTED with the supervisor's error
 */
export async function up(signal: AbortSignal): Promise<void> {
  const running = await runningStack(stateFile)
  if (running)
    process.stderr.write(`${running.command} runs already (pid ${running.pid}, since ${running.startedAt})\n`)
  else await startSupervisor(signal)
  await printExports()
}

async function startSupervisor(signal: AbortSignal): Promise<void> {
  requireDiskSpace(homeDir)
  mkdirSync(join(homeDir, 'logs'), { recursive: true })
  const log = openSync(join(homeDir, 'logs/stack.log'), 'w')
  process.stderr.write('Starting Kafka, MiniStack, Trino and local-aws\n')
  const supervisor = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), 'supervise'], {
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
  })
  const stop = () => supervisor.kill('SIGTERM')
  signal.addEventListener('abort', stop, { once: true })
  using _ = {
    [Symbol.dispose]: () => {
      signal.removeEventListener('abort', stop)
      if (supervisor.connected) supervisor.disconnect()
      supervisor.unref()
    },
  }
  await new Promise<void>((resolve, reject) => {
    supervisor.on('message', (message: Message) => {
      if ('ready' in message)
        process.stderr.write(`  ${message.ready} after ${message.seconds.toFixed(1)} s\n`)
      else if ('started' in message) resolve()
      else reject(notStarted(message.failed))
    })
    supervisor.once('exit', () => reject(notStarted(signal.aborted ? 'interrupted' : 'the supervisor ended')))
  })
}

/** The supervisor itself: starts the stack, reports to its parent, and ends on a signal or when a server ends. */
export async function supervise(signal: AbortSignal): Promise<void> {
  const report = (message: Message) => process.connected && process.send?.(message)
  const settings = shellSettings(process.env)
  // The command that waits for the start may be killed: then nothing may keep running.
  const orphaned = new AbortController()
  const onDisconnect = () => orphaned.abort(new Error('the command that started the stack is gone'))
  process.once('disconnect', onDisconnect)
  try {
    await using stack = await startStack({
      dir: homeDir,
      ports: 'default',
      bucket: lakeBucket(settings),
      onReady: (ready, seconds) => report({ ready, seconds }),
      signal: AbortSignal.any([signal, orphaned.signal]),
    })
    process.off('disconnect', onDisconnect)
    writeState(stateFile, {
      command: 'make stack',
      pid: process.pid,
      startedAt: new Date().toISOString(),
      env: stack.env,
      settings: namesOf(settings),
      logDir: stack.logDir,
      ports: stack.ports,
      secretFile: stack.secretFile,
    })
    using _ = { [Symbol.dispose]: () => removeState(stateFile) }
    report({ started: true })
    await sleep(2 ** 31 - 1, AbortSignal.any([signal, stack.supervisor.failed]))
    if (!signal.aborted) throw stack.supervisor.failed.reason
  } catch (error) {
    report({ failed: renderError(error) })
    throw error
  } finally {
    process.off('disconnect', onDisconnect)
    if (process.connected) process.disconnect()
  }
}

/** Stops the background stack and waits until all of it has ended; it is no error if none runs. */
export async function down(): Promise<void> {
  const state = readState(stateFile)
  if (!state || !isStack(state.pid)) {
    removeState(stateFile)
    process.stderr.write('no stack runs\n')
    return
  }
  process.kill(state.pid, 'SIGTERM')
  while (isStack(state.pid)) await sleep(50)
  process.stderr.write(`${state.command} is stopped; its data is kept (make clean-data empties it)\n`)
}

/** @throws Failure NOTHING_RUNS */
export async function printExports(): Promise<void> {
  const state = await runningStack(stateFile)
  if (!state) throw nothingRuns()
  process.stdout.write(`${shellExports(state.env, process.env)}\n`)
}

/** Why there is no stack, as far as known: a full disk, or the last error of the one that ran. */
export function nothingRuns(): Failure {
  const what = 'there is no Kafka and no AWS endpoint to talk to'
  const full = existsSync(homeDir) ? fullDisk(homeDir, what) : undefined
  if (full) return full
  const lastLines = lastLogLines()
  return new Failure({
    code: 'NOTHING_RUNS',
    what,
    why: lastLines
      ? `\`make stack\` has ended: ${lastLines}`
      : 'neither `make demo`, `make stack` nor `make up` runs here',
    remedy: 'make demo (everything), or make stack (only the platform), in another terminal',
  })
}

/** The error with which the background stack ended. */
function lastLogLines(): string | undefined {
  try {
    return /^error [A-Z_]+: (.*)/m.exec(readFileSync(join(homeDir, 'logs/stack.log'), 'utf8'))?.[1]
  } catch {
    return undefined
  }
}

function notStarted(said: string): Failure {
  return new Failure({
    code: 'STACK_NOT_STARTED',
    what: 'the stack did not start; nothing of it is left running',
    why: said,
    remedy: `more is in ${join(homeDir, 'logs')}`,
  })
}
