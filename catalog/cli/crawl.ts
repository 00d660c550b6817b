// `catalog crawl`: runs Glue's crawler, and optionally compares its table with the declared one.

import { openAws } from '@ticklake/aws/clients.ts'
import { grouped } from '@ticklake/runtime/number-text.ts'
import { printable } from '@ticklake/runtime/printable.ts'
import type { CommandHost } from '@ticklake/runtime/process.ts'
import { progressLine } from '@ticklake/runtime/terminal.ts'
import { catalogConfig } from '../config.ts'
import { type Comparison, compareCrawled, listBeforeCrawl } from '../tables/comparison.ts'
import { type CrawlOutcome, crawl } from '../tables/crawler.ts'
import { columnText } from '../tables/difference.ts'
import { datasetLocation } from '../tables/table.ts'
import { type OutputFormat, writeRows } from './output.ts'

const columns = [
  { name: 'table', type: 'varchar' },
  { name: 'classification', type: 'varchar' },
  { name: 'partitions', type: 'integer' },
  { name: 'objects', type: 'bigint' },
  { name: 'location', type: 'varchar' },
  { name: 'columns', type: 'varchar' },
]

/** Exit status 1 when --compare finds a difference. @throws Failure when the crawl did not succeed */
export async function runCrawlCommand(
  host: CommandHost,
  { compare, output }: { compare: boolean; output: OutputFormat },
  signal: AbortSignal,
): Promise<void> {
  const { env, stdout, stderr } = host
  const config = catalogConfig(env)
  using aws = openAws(config.lake)
  using progress = progressLine(stderr)
  const before = compare ? await listBeforeCrawl(aws, config) : undefined
  const outcome = await crawl(aws, config, {
    signal,
    onProgress: (state, elapsedMs) =>
      progress.show(`crawler ${config.crawler}: ${state}, ${Math.round(elapsedMs / 1000)} s`),
  })
  progress.clear()
  for (const line of [...outcome.log, crawlText(outcome)]) stderr.write(`${printable(line)}\n`)
  const rows = outcome.tables.map(({ table, partitions }) => [
    `${outcome.database}.${table.Name}`,
    table.Parameters?.classification ?? null,
    String(partitions),
    table.Parameters?.objectCount ?? null,
    table.StorageDescriptor?.Location ?? null,
    columnText([...(table.StorageDescriptor?.Columns ?? []), ...(table.PartitionKeys ?? [])]),
  ])
  await writeRows(stdout, output, columns, [rows], {
    width: stdout.columns,
    isTerminal: stdout.isTTY,
  })
  if (rows.length === 0) {
    stderr.write(
      `nothing was found in ${datasetLocation(config.lake)}: start the consumer, or wait for its first flush\n`,
    )
  }
  if (!before) return
  const comparison = await compareCrawled(aws, config, before, outcome)
  const report = output === 'table' ? stdout : stderr
  for (const line of comparisonText(comparison)) report.write(`${printable(line)}\n`)
  if (comparison.differences.length > 0) host.exitCode = 1
}

function crawlText({ crawler, created, updated, deleted, elapsedMs }: CrawlOutcome): string {
  const seconds = (elapsedMs / 1000).toFixed(1)
  return `crawler ${crawler}: ${created} tables created, ${updated} updated, ${deleted} deleted in ${seconds} s`
}

function comparisonText({ crawled, declared, columns, partitions, rows, differences }: Comparison): string[] {
  if (differences.length === 0) {
    return [
      `equal: ${crawled} and ${declared} have the same ${columns} columns, ${partitions} partitions with objects and ${grouped(rows)} rows`,
    ]
  }
  return [
    `different: ${crawled} (found) and ${declared} (wanted)`,
    ...differences.map(
      ({ what, found, wanted }) => `  ${what}: found ${found || '(none)'} | wanted ${wanted || '(none)'}`,
    ),
  ]
}
