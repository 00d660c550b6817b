// `catalog audit`: whether each record is in the lake exactly once; the exit status is 1 if not.

import { openAws } from '@ticklake/aws/clients.ts'
import { Broker } from '@ticklake/kafka/topic.ts'
import type { Env } from '@ticklake/runtime/env.ts'
import { printable } from '@ticklake/runtime/printable.ts'
import type { CommandHost } from '@ticklake/runtime/process.ts'
import { progressLine } from '@ticklake/runtime/terminal.ts'
import { compareDatasets, comparisonText } from '../audit/dataset-comparison.ts'
import { runAudit } from '../audit/run.ts'
import { auditText, isGood } from '../audit/text.ts'
import { catalogConfig } from '../config.ts'
import { datasetLocation } from '../tables/table.ts'

export interface AuditFlags {
  /** Instead of LAKE_DATASET, with the table of the same name. */
  readonly dataset?: string | undefined
  /** A second dataset of the same topic, compared with the first. */
  readonly compare?: string | undefined
  readonly deep: boolean
  readonly waitSeconds: number | undefined
}

/** Exit status 1 if anything is wrong. @throws Failure when a service does not answer: the audit has no result */
export async function runAuditCommand(
  host: CommandHost,
  flags: AuditFlags,
  signal: AbortSignal,
): Promise<void> {
  const { env, stdout } = host
  const config = catalogConfig(ofDataset(env, flags.dataset))
  using aws = openAws(config.lake)
  using broker = new Broker(config.kafka)
  using progress = progressLine(host.stderr)
  const outcome = await runAudit(aws, broker, config, {
    deep: flags.deep,
    waitMs: flags.waitSeconds === undefined ? undefined : flags.waitSeconds * 1000,
    signal,
    onProgress: (doing) => progress.show(`audit: ${doing}`),
  })
  progress.clear()
  const target = { dataset: config.lake.dataset, location: datasetLocation(config.lake) }
  stdout.write(`${printable(auditText(outcome, target).join('\n'))}\n`)
  if (!isGood(outcome)) host.exitCode = 1
  if (flags.compare === undefined) return
  const other = catalogConfig(ofDataset(env, flags.compare))
  progress.show(`audit: comparing ${config.lake.dataset} with ${other.lake.dataset}`)
  const comparison = await compareDatasets(aws, config, other, signal)
  progress.clear()
  stdout.write(`${printable(comparisonText(comparison).join('\n'))}\n`)
  if (comparison.differences.length > 0) host.exitCode = 1
}

/** The environment for that dataset and the table of its name. */
function ofDataset(env: Env, dataset: string | undefined): Env {
  return dataset === undefined ? env : { ...env, LAKE_DATASET: dataset, LAKE_TABLE: '' }
}
