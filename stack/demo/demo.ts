// `make demo`: everything on this machine, rows flowing from a file to Athena's count, and an audit at the end.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { lakeConfig } from '@ticklake/aws/config.ts'
import { kafkaConfig } from '@ticklake/kafka/config.ts'
import { Failure, reasonOf } from '@ticklake/runtime/errors.ts'
import { printable } from '@ticklake/runtime/printable.ts'
import { sleep, whenAborted } from '@ticklake/runtime/process.ts'
import { requireDiskSpace } from '../disk-space.ts'
import { adoptStack, namesOf, serviceEnv, shellSettings } from '../environment.ts'
import { homeDir, projectDir, stateFile } from '../paths.ts'
import { requireFree } from '../ports.ts'
import { type Stack, startStack } from '../stack.ts'
import { isStack, readState, removeState, writeState } from '../state.ts'
import type { ProcessSpec, Running } from '../supervisor.ts'
import { type DemoConfig, demoConfig } from './config.ts'
import { numbersLine, Screen } from './line.ts'
import { howToAsk, whatRuns } from './messages.ts'
import { DemoNumbers } from './numbers.ts'
import {
  catalog,
  command,
  consumer,
  demoSettings,
  healthPorts,
  pagePort,
  producer,
  sourceFlags,
} from './services.ts'

const drainWithinMs = 120_000
const countEveryMs = 2_000

/**
 * Runs until the signal aborts or SECONDS_TO_RUN is over; then stops in order and audits.
 * @throws Failure when something does not start, or ends by itself; a failed audit is printed and sets the status
 */
export async function demo(signal: AbortSignal): Promise<void> {
  const begun = performance.now()
  const config = demoConfig(process.env)
  const settings = demoSettings(shellSettings(process.env))
  await requireReadable(config, settings)
  const lake = lakeConfig(settings)
  const topic = kafkaConfig(settings).KAFKA_TOPIC
  await requireAlone()
  requireDiskSpace(homeDir)
  await requireFree({ ...healthPorts, page: pagePort(settings) })
  const screen = new Screen()
  screen.say(
    'Starting Kafka, MiniStack (S3), Trino (Athena’s engine) and local-aws (Athena, Glue); data of earlier runs is kept',
  )

  let audit: Audit
  {
    await using stack = await startStack({
      dir: homeDir,
      ports: 'default',
      bucket: lake.bucket,
      onReady: (name, seconds) => screen.say(`  ${name} after ${seconds.toFixed(1)} s`),
      signal,
    })
    adoptStack(stack.env)
    const env = serviceEnv(stack.env, settings)
    writeState(stateFile, {
      command: 'make demo',
      pid: process.pid,
      startedAt: new Date().toISOString(),
      env: stack.env,
      settings: namesOf(settings),
      logDir: stack.logDir,
      ports: stack.ports,
    })
    using _ = { [Symbol.dispose]: () => removeState(stateFile) }
    const demo = new Demo({ stack, config, env, screen })
    using numbers = new DemoNumbers(lake, kafkaConfig({ ...settings, ...stack.env }))
    await Promise.all([
      demo.finish('topic', ['producer/main.ts', 'topic', 'create']),
      demo.finish('declare', ['catalog/main.ts', 'declare']),
    ])
    screen.say(`\n${whatRuns(config, lake, topic, `, ${settings.KAFKA_TOPIC_PARTITIONS} partitions`)}`)
    screen.say(howToAsk(lake, pagePort(settings)))
    screen.say('Ctrl-C stops everything, in order.\n')
    audit = await demo.run(numbers, begun, signal)
    screen.say('stopping Kafka, MiniStack, Trino and local-aws')
  }
  process.stdout.write(printable(audit.text))
  if (audit.status !== 0) process.exitCode = 1
}

/** Checks that the producer can read the file, or that the feed answers. @throws Failure SERVICE_FAILED */
async function requireReadable(config: DemoConfig, settings: Record<string, string>): Promise<void> {
  const source = sourceFlags(config)
  if (source.length === 0) return
  const args = [join(projectDir, 'producer/main.ts'), 'run', ...source, '--dry-run', '--rows', '1']
  const feed = config.source
  try {
    // The user sees nothing while this waits: a missing internet connection must be reported soon.
    const env = { PRODUCER_FEED_CONNECT_TIMEOUT_MS: '8000', ...settings }
    await promisify(execFile)(process.execPath, args, { env })
  } catch (error) {
    throw new Failure({
      code: 'SERVICE_FAILED',
      what: `the producer cannot send ${feed === undefined ? 'the file that CSV names' : `the feed ${feed}`}; nothing was started`,
      why: (error as { stderr?: string }).stderr?.trim() || reasonOf(error),
      remedy:
        feed !== undefined
          ? 'make demo without SOURCE needs no internet; docs/sources.md lists the feeds, and which need a key'
          : 'set variables instead of the flags that it names: make demo CSV=... PRODUCER_INDEX=HSI (--index), PRODUCER_COLUMNS, PRODUCER_DATE_FORMAT, PRODUCER_DECIMAL',
      cause: error,
    })
  }
}

interface Audit {
  readonly text: string
  readonly status: number
}

interface Facts {
  readonly stack: Stack
  readonly config: DemoConfig
  readonly env: Record<string, string>
  readonly screen: Screen
}

/** The services of one run, and the numbers that they report. */
class Demo {
  readonly #facts: Facts

  constructor(facts: Facts) {
    this.#facts = facts
  }

  /** Runs a service's command to its end. @throws Failure SERVICE_FAILED with its output, or a dead server's error */
  async finish(name: string, args: readonly string[]): Promise<string> {
    const { output, status, log } = await Promise.race([
      this.#output(command(name, args, this.#facts.env)),
      // The command would wait for a server that is gone, and then report only that it does not answer.
      whenAborted(this.#facts.stack.supervisor.failed),
    ])
    if (status === 0) return output
    throw new Failure({
      code: 'SERVICE_FAILED',
      what: `${args.join(' ')} failed (${status})`,
      why: output.trim().split('\n').slice(-4).join('\n       '),
      remedy: `read ${log}`,
    })
  }

  async #output(spec: ProcessSpec): Promise<{ output: string; status: number | string; log: string }> {
    const lines: string[] = []
    const running = await this.#facts.stack.supervisor.start({
      ...spec,
      onLine: (line) => lines.push(`${line}\n`),
      mayEnd: 'anyhow',
    })
    const status = await running.ended
    return { output: lines.join(''), status, log: running.log }
  }

  /** Lets rows flow until the end; then stops producer and consumer, and audits. */
  async run(numbers: DemoNumbers, begun: number, signal: AbortSignal): Promise<Audit> {
    const { stack, config, env, screen } = this.#facts
    const start = (spec: ProcessSpec) =>
      stack.supervisor.start({ ...spec, onLine: (line) => this.#printWarnings(spec.name, line) })
    await start(catalog(env))
    const landing = await start(consumer(env))
    const source = await start(producer(config, env))
    let producing = true
    void source.ended.then(() => {
      producing = false
    })

    const failed = stack.supervisor.failed
    const timeUp = new AbortController()
    let timer: NodeJS.Timeout | undefined
    // SECONDS_TO_RUN counts from the first row.
    const before = (await numbers.read()).produced
    const end = AbortSignal.any([signal, timeUp.signal, failed])
    const counting = this.#countUntilEnd(numbers, begun, end)
    let audited = false
    while (!end.aborted) {
      const now = await numbers.read().catch((error) => {
        if (!end.aborted) screen.say(`not read: ${reasonOf(error)}`)
      })
      if (end.aborted) break
      if (now) screen.show(numbersLine(now, !producing))
      if (config.runMs > 0 && ((now && now.produced > before) || !producing)) {
        timer ??= setTimeout(() => timeUp.abort(), config.runMs)
      }
      if (!producing && now?.lag === 0 && !audited) {
        audited = true
        screen.say('\neverything has been sent and has landed')
        screen.say(`${(await this.#audit()).text.trimEnd()}\n`)
      }
      await sleep(500, end)
    }
    clearTimeout(timer)
    await counting
    if (failed.aborted) throw failed.reason
    return this.#end(numbers, source, landing)
  }

  async #countUntilEnd(numbers: DemoNumbers, begun: number, end: AbortSignal): Promise<void> {
    let first = true
    while (!end.aborted) {
      try {
        const count = await numbers.count(end)
        if (first) {
          const seconds = (performance.now() - begun) / 1000
          this.#facts.screen.say(`Athena’s first answer after ${seconds.toFixed(1)} s: ${count} rows`)
          first = false
        }
      } catch (error) {
        if (!end.aborted) this.#facts.screen.say(`Athena: ${reasonOf(error)}`)
      }
      await sleep(countEveryMs, end)
    }
  }

  async #end(numbers: DemoNumbers, source: Running, landing: Running): Promise<Audit> {
    const { screen } = this.#facts
    screen.end()
    screen.say('stopping the producer')
    await source.stop()
    screen.say('waiting until everything produced is in the lake')
    const deadline = performance.now() + drainWithinMs
    let last = await numbers.read()
    while (last.lag > 0 && performance.now() < deadline) {
      screen.show(numbersLine(last, true))
      await sleep(200)
      last = await numbers.read()
    }
    screen.end()
    screen.say('stopping the consumer')
    await landing.stop()
    const count = await numbers.count(AbortSignal.timeout(60_000)).catch((error) => {
      screen.say(`Athena: ${reasonOf(error)}`)
    })
    screen.say(numbersLine({ ...last, count: count ?? last.count }, true))
    screen.say('auditing: Kafka’s offsets, the claims, the objects, Athena’s rows')
    return this.#audit()
  }

  async #audit(): Promise<Audit> {
    const { output, status } = await this.#output(
      command('audit', ['catalog/main.ts', 'audit'], this.#facts.env),
    )
    return { text: output, status: typeof status === 'number' ? status : 1 }
  }

  /** Shows a service's warnings; the rest is in its log file. */
  #printWarnings(service: string, line: string): void {
    if (!line.startsWith('{')) return
    try {
      const { level, msg } = JSON.parse(line) as { level?: string; msg?: string }
      if (level === 'warn' || level === 'error' || level === 'fatal')
        this.#facts.screen.say(`${service}: ${msg}`)
    } catch {
      // Not a log line: it is in the log file.
    }
  }
}

/** @throws Failure STACK_RUNS: a demo needs the ports and the data to itself */
async function requireAlone(): Promise<void> {
  const state = readState(stateFile)
  if (!state || !isStack(state.pid)) return
  throw new Failure({
    code: 'STACK_RUNS',
    what: 'the demo needs the ports and the data that another one uses; nothing was started',
    why: `${state.command} runs already (pid ${state.pid})`,
    remedy: 'make stack-down, or Ctrl-C in its terminal',
  })
}
