// One round of one contender: starts its processes, waits until the work is done, ends them, and compares the output.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import type { Bucket } from '@ticklake/aws/s3.ts'
import { sleep } from '@ticklake/runtime/process.ts'
import { projectDir } from '@ticklake/stack/paths.ts'
import { recordsOf } from '@ticklake/testing/topic.ts'
import { committedOffsets } from './committed-offsets.ts'
import { type Contender, PARTITIONS, type Task } from './contenders.ts'
import { type Content, contentBelow } from './content.ts'
import { type Usage, usageOf } from './process-usage.ts'
import type { Measurement } from './result.ts'

/** A contender that takes longer is void. */
const LONGEST_MS = 240_000
const POLL_EVERY_MS = 100
const END_WITHIN_MS = 20_000

export interface RoundOptions {
  readonly contender: Contender
  readonly task: Task
  readonly round: number
  /** What the topic holds, and so what the output must hold. */
  readonly expected: Content
  readonly bucket: Bucket
  readonly signal: AbortSignal
}

/** Runs the contender once. A failure of the contender makes a void measurement, never an error. */
export async function runRound(options: RoundOptions): Promise<Measurement> {
  const { contender, task, round } = options
  const { group, name } = contender
  const begun = performance.now()
  const processes = contender.commands(task).map(({ program, args, env }, i) => {
    const child = spawn(program, args, { cwd: projectDir, env, stdio: ['ignore', 'pipe', 'pipe'] })
    const log = createWriteStream(join(task.dir, `${task.run}-${i}.log`))
    child.stdout.pipe(log, { end: false })
    child.stderr.pipe(log, { end: false })
    return child
  })
  let usage: Usage = { cpuSeconds: 0, peakMiB: 0, residentMiB: 0 }
  const sample = () => {
    const now = usageOf(processes.map(({ pid }) => pid!))
    // /proc has nothing of a process that has ended, and no memory of one that is ending.
    usage = {
      cpuSeconds: Math.max(usage.cpuSeconds, now.cpuSeconds),
      peakMiB: Math.max(usage.peakMiB, now.peakMiB),
      residentMiB: now.residentMiB,
    }
  }
  let problem: string | undefined
  let seconds: number
  try {
    problem = await untilDone(options, processes, begun, sample)
    seconds = (performance.now() - begun) / 1000
  } finally {
    await Promise.all(processes.map(end))
  }
  const rows = contender.group === 'send' ? task.rows : options.expected.rows
  const millions = rows / 1e6
  const figures = {
    'CPU s/M rows': usage.cpuSeconds / millions,
    'rows/s': rows / seconds,
    'peak MiB': usage.peakMiB,
  }
  const output = problem === undefined ? await outputOf(options) : undefined
  const wrong = problem ?? (await whyVoid(options, output))
  return {
    ...{ group, contender: name, round },
    figures: output
      ? { ...figures, 'bytes/row': output.bytes / output.rows, objects: output.objects }
      : figures,
    ...(wrong !== undefined && { void: wrong }),
  }
}

/** @returns why the work was not done; undefined if it was */
async function untilDone(
  { contender, task, expected, signal }: RoundOptions,
  processes: readonly ChildProcess[],
  begun: number,
  sample: () => void,
): Promise<string | undefined> {
  await using offsets =
    contender.groupId && (await committedOffsets(task, contender.groupId(task), PARTITIONS))
  for (;;) {
    await sleep(POLL_EVERY_MS)
    sample()
    signal.throwIfAborted()
    if (offsets) {
      if ((await offsets.sum()) >= expected.rows) return undefined
      if (processes.some(hasEnded)) return `it ended before it was done: ${processes.map(statusOf).join()}`
    } else if (processes.every(hasEnded)) {
      const failed = processes.find(({ exitCode }) => exitCode !== 0)
      return failed && `it ended with ${statusOf(failed)}`
    }
    if (performance.now() - begun > LONGEST_MS) return `it was not done after ${LONGEST_MS / 1000} s`
  }
}

async function outputOf({ contender, task, bucket }: RoundOptions): Promise<Content | undefined> {
  const output = contender.output?.(task)
  return output && contentBelow(bucket, output.prefix, output.suffix)
}

async function whyVoid({ contender, task, expected }: RoundOptions, output: Content | undefined) {
  if (output) {
    if (output.rows !== expected.rows) return `it wrote ${output.rows} rows of ${expected.rows}`
    return output.sum === expected.sum ? undefined : 'the rows that it wrote are not those of the topic'
  }
  if (contender.group !== 'send') return undefined
  const sent = await recordsOf({ ...task.env }, task.run, PARTITIONS)
  return sent === task.rows ? undefined : `it sent ${sent} rows of ${task.rows}`
}

async function end(process: ChildProcess): Promise<void> {
  if (hasEnded(process)) return
  const closed = once(process, 'close')
  process.kill('SIGTERM')
  const timer = setTimeout(() => process.kill('SIGKILL'), END_WITHIN_MS)
  await closed
  clearTimeout(timer)
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null
}

function statusOf({ exitCode, signalCode }: ChildProcess): string {
  return String(exitCode ?? signalCode)
}
