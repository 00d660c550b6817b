// `catalog alerts plan`: checks alerts.yml, and prints what the alerts cost a day on AWS.
import { openAws } from '@ticklake/aws/clients.ts'
import { Failure } from '@ticklake/runtime/errors.ts'
import { printable } from '@ticklake/runtime/printable.ts'
import type { CommandHost } from '@ticklake/runtime/process.ts'
import { readAlerts } from '../alerts/alerts-file.ts'
import { planLines } from '../alerts/plan.ts'
import { catalogConfig } from '../config.ts'

/** @throws Failure ALERTS_INVALID, or Athena's error for a statement that is measured */
export async function runAlertsPlanCommand(
  { env, stdout }: CommandHost,
  { measure }: { measure: boolean },
  signal: AbortSignal,
): Promise<void> {
  const config = catalogConfig(env)
  if (config.alertsFile === undefined) {
    throw new Failure({
      code: 'USAGE',
      what: 'CATALOG_ALERTS_FILE is not set; there are no alerts',
      remedy: 'set it to the path of alerts.yml (docs/catalog.md#alerts)',
    })
  }
  const rules = readAlerts(config.alertsFile, config.lake)
  const scanned: number[] = []
  if (measure) {
    using aws = openAws(config.lake)
    for (const rule of rules) {
      try {
        const result = await aws.athena.query(rule.sql(Date.now()), {
          signal,
          timeoutMs: config.queryTimeoutMs,
        })
        for await (const _ of result.rows);
        scanned.push(result.scannedBytes)
      } catch (error) {
        throw error instanceof Failure ? ofAlert(error, rule.name, config.alertsFile) : error
      }
    }
  }
  stdout.write(`${printable(planLines(rules, scanned).join('\n'))}\n`)
}

function ofAlert(error: Failure, alert: string, file: string): Failure {
  return new Failure({
    code: error.code,
    what: `the statement of the alert ${alert} in ${file} could not be run; no cost is printed`,
    why: error.why ?? error.message,
    remedy: (error.retryable && error.remedy) || 'correct it, then run `catalog alerts plan --measure` again',
    cause: error,
  })
}
