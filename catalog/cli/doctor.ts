// `catalog doctor`: checks everything that rows need to flow, and prints a remedy for each fault.
import { printable, printableJson } from '@ticklake/runtime/printable.ts'
import type { CommandHost } from '@ticklake/runtime/process.ts'
import { progressLine } from '@ticklake/runtime/terminal.ts'
import { checksFor } from '../doctor/checks.ts'
import { examine, isWell, type Outcome } from '../doctor/doctor.ts'
import { type doctorFormats, outcomeLines, outcomeRecord, summaryLine } from '../doctor/text.ts'

export interface DoctorFlags {
  /** The least number of partitions; by default KAFKA_TOPIC_PARTITIONS, or one. */
  readonly partitions: number | undefined
  readonly output: (typeof doctorFormats)[number]
}

/** Exit status 1 when anything failed. */
export async function runDoctorCommand(
  host: CommandHost,
  flags: DoctorFlags,
  signal: AbortSignal,
): Promise<void> {
  const { env, stdout } = host
  using progress = progressLine(host.stderr)
  using runs = checksFor(env, flags.partitions, (check) => progress.show(`checking ${check}`))
  const outcomes: Outcome[] = []
  for await (const outcome of examine(runs, signal)) {
    progress.clear()
    outcomes.push(outcome)
    if (flags.output === 'table') stdout.write(`${printable(outcomeLines(outcome).join('\n'))}\n`)
  }
  const end = flags.output === 'table' ? summaryLine(outcomes) : records(outcomes)
  stdout.write(`${stdout.isTTY ? printableJson(end) : end}\n`)
  if (!isWell(outcomes, signal)) host.exitCode = 1
}

function records(outcomes: readonly Outcome[]): string {
  return JSON.stringify(outcomes.map(outcomeRecord), null, 2)
}
