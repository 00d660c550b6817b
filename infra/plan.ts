// What a deployment would create and what it costs a day, without a request to AWS.
import {
  type Cost,
  CRAWL_USD,
  OLD_VERSIONS_DAYS,
  PRICES_NOTED,
  STORAGE_USD_A_GB_MONTH,
  standingCosts,
  streamingCosts,
  total,
} from './prices.ts'
import type { Template } from './template.ts'

/** The text of `plan`. */
export function planText(template: Template, given: Readonly<Record<string, string>>): string {
  const value = (name: string) => given[name] ?? String(template.Parameters[name]?.Default ?? '')
  const standing = standingCosts({
    instanceType: value('InstanceType'),
    volumeGib: Number(value('VolumeGib')),
  })
  const streaming = streamingCosts({ flushAfterMs: 60_000 })
  return [
    'One CloudFormation stack would be created, of:',
    ...resourceLines(template),
    '',
    `What it costs a day in USD (list prices of us-east-1, noted ${PRICES_NOTED}; yours may differ):`,
    ...standing.map(line),
    line({ what: 'in all, idle', usdADay: total(standing) }),
    ...streaming.map(line),
    line({ what: 'in all, streaming and watched all day', usdADay: total([...standing, ...streaming]) }),
    '',
    value('CrawlerSchedule')
      ? `The crawler runs by itself, ${value('CrawlerSchedule')}: about ${CRAWL_USD.toFixed(2)} each time.`
      : `The crawler runs only on demand: about ${CRAWL_USD.toFixed(2)} each time.`,
    `A query costs 5.00 a TB scanned, 10 MB at least; one that would scan more than ${(Number(value('BytesScannedLimit')) / 2 ** 30).toFixed(1)} GiB is stopped.`,
    `The bucket keeps deleted and overwritten objects for ${OLD_VERSIONS_DAYS} days, including the small ones that compaction has replaced, at the same price as all storage: ${STORAGE_USD_A_GB_MONTH} a GB and month.`,
    'Sending out of AWS (a consumer on this machine reads from the broker): 100 GB a month free, then 0.09 a GB.',
    '',
    'Nothing was sent to AWS, and nothing was created. Next: make aws-deploy',
    '',
  ].join('\n')
}

function line(cost: Cost): string {
  return `  ${cost.usdADay.toFixed(2).padStart(5)}  ${cost.what}`
}

/** `3 AWS::IAM::Role  CatalogRole, ...`, one line for each type. */
function resourceLines(template: Template): string[] {
  const byType = Map.groupBy(Object.entries(template.Resources), ([, resource]) => resource.Type)
  return [...byType].map(
    ([type, resources]) =>
      `  ${String(resources.length).padStart(2)} ${type.replace(/^AWS::/, '').padEnd(34)} ${resources.map(([name]) => name).join(', ')}`,
  )
}
