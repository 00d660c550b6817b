// The whole local platform, started together and stopped in order: Kafka, MiniStack, Trino and local-aws.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from '@ticklake/runtime/errors.ts'
import { makeBucket } from './bucket.ts'
import { requireDiskSpace } from './disk-space.ts'
import { type StackEnv, serverEnv, stackEnv } from './environment.ts'
import { kafkaServer } from './kafka-server.ts'
import { localAws } from './local-aws.ts'
import { miniStack } from './ministack.ts'
import { defaultPorts, freePorts, type Ports, requireFree } from './ports.ts'
import { newSecret } from './secret.ts'
import { type ProcessSpec, Supervisor } from './supervisor.ts'
import { trino } from './trino.ts'

export interface StackOptions {
  /** Holds `data/` and `logs/`; the data survives a stop and is found again by the next start. */
  readonly dir: string
  /** `default`: 9092 and 4566, an error if one is taken. `free`: any free ports. */
  readonly ports: 'default' | 'free'
  readonly bucket: string
  /** False leaves the broker out, so that only AWS runs. By default true. */
  readonly kafka?: boolean
  /** LOCAL_AWS_* variables for local-aws. */
  readonly localAws?: Readonly<Record<string, string>>
  /** Called when a server starts to answer. */
  readonly onReady?: (name: string, seconds: number) => void
  /** Aborts the start; what has started is stopped. */
  readonly signal?: AbortSignal
}

export interface Stack extends AsyncDisposable {
  readonly env: StackEnv
  readonly ports: Ports
  /** The file with the secret that MiniStack and Trino require. */
  readonly secretFile: string
  readonly logDir: string
  /** For more processes that belong to this stack; they are stopped before it. */
  readonly supervisor: Supervisor
  /** Stops all of it, the last one started first; safe to call twice. */
  stop(): Promise<void>
}

/**
 * Starts everything and creates the bucket; ready when every server has answered.
 * @throws Failure PORT_TAKEN, DISK_FULL, PROCESS_DIED, PROCESS_NOT_READY; nothing is left running then
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const ports = options.ports === 'default' ? defaultPorts : await freePorts()
  if (options.ports === 'default') await requireFree(ports)
  const data = join(options.dir, 'data')
  const logDir = join(options.dir, 'logs')
  mkdirSync(data, { recursive: true })
  requireDiskSpace(data)
  const shell = serverEnv(process.env)
  const secret = newSecret(data)
  const supervisor = new Supervisor(logDir)
  const stop = () => supervisor.stop()
  const interrupted = () => void stop()
  options.signal?.addEventListener('abort', interrupted, { once: true })
  try {
    const begun = performance.now()
    const start = async (spec: ProcessSpec | Promise<ProcessSpec>) => {
      const { name } = await supervisor.start(await spec)
      options.onReady?.(name, (performance.now() - begun) / 1000)
    }
    await allOrFirstError([
      start(trino(data, ports, options.bucket, secret, shell)),
      start(miniStack(data, ports, secret, shell)).then(() => makeBucket(ports, options.bucket, secret)),
      start(localAws(data, ports, secret, shell, options.localAws)),
      ...(options.kafka === false ? [] : [start(kafkaServer(data, ports, shell))]),
    ])
    options.signal?.throwIfAborted()
  } catch (error) {
    await stop()
    if (!options.signal?.aborted) throw error
    throw new Failure({ code: 'INTERRUPTED', what: 'interrupted while it started; everything is stopped' })
  } finally {
    options.signal?.removeEventListener('abort', interrupted)
  }
  return {
    env: stackEnv(ports, options.bucket),
    ports,
    secretFile: secret.file,
    logDir,
    supervisor,
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

/** Like Promise.all, but errors that follow the first one are dropped: they are its consequence (the stop). */
async function allOrFirstError(starts: Promise<unknown>[]): Promise<void> {
  for (const each of starts) each.catch(() => {})
  await Promise.all(starts)
}
