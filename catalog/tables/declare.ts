// Creates the databases, the table and the views; what exists and differs is reported, not overwritten.

import type { TableInput } from '@aws-sdk/client-glue'
import type { Aws } from '@ticklake/aws/clients.ts'
import { CONTRACT_VERSION } from '@ticklake/contract/columns.ts'
import { Failure } from '@ticklake/runtime/errors.ts'
import { quoted } from '@ticklake/runtime/sql/tokens.ts'
import { type CatalogConfig, crawledDatabase } from '../config.ts'
import { candleViews } from './candle-views.ts'
import { differenceLines, tableDifferences } from './difference.ts'
import { Registrar } from './registrar.ts'
import { type ViewOf, viewSql } from './stored-view.ts'
import { tableInput } from './table.ts'
import { viewInput } from './view.ts'

export interface DeclareOptions {
  /** Overwrites a table or view that differs. Partitions keep their locations. */
  readonly replace: boolean
  readonly say: (line: string) => void
  readonly nowMs: number
}

/** Idempotent. @throws Failure DECLARE_DIFFERS with every difference, after creating what it could */
export async function declare(
  aws: Pick<Aws, 'glue' | 'bucket'>,
  config: CatalogConfig,
  { replace, say, nowMs }: DeclareOptions,
): Promise<void> {
  const { lake } = config
  const crawled = crawledDatabase(lake)
  for (const [name, description] of [
    [lake.database, 'Market ticks, declared'],
    [crawled, `What the crawler finds of ${lake.database}`],
  ] as const) {
    const made = await aws.glue.ensureDatabase(name, description)
    say(`database ${name}: ${made ? 'created' : 'exists'}`)
  }
  const differences: string[] = []
  const put = async (kind: string, wanted: TableInput, earlier?: readonly TableInput[]) => {
    const outcome = await declareOne(aws, lake.database, wanted, replace, earlier)
    if (typeof outcome === 'string') say(`${kind} ${lake.database}.${wanted.Name}: ${outcome}`)
    else differences.push(...outcome.map((line) => `${kind} ${lake.database}.${wanted.Name}: ${line}`))
  }
  const earlier = Array.from({ length: CONTRACT_VERSION - 1 }, (_, i) => tableInput(lake, i + 1))
  await put('table', tableInput(lake), earlier)
  for (const [view, make] of Object.entries({ [config.view]: viewInput, ...candleViews })) {
    if (view === lake.table) {
      say(`view: none, the table itself is called ${view}`)
      continue
    }
    const other = await otherViewSource(aws, make, { database: lake.database, table: lake.table, view })
    if (other && !replace) say(`view ${lake.database}.${view}: not changed, it shows ${other}`)
    else await put('view', make({ database: lake.database, table: lake.table, view }))
  }
  const made =
    differences.length > 0 ? undefined : await new Registrar(aws, lake, config.hoursAhead).register(nowMs)
  if (made !== undefined) say(`partitions: ${made} new, registered ${config.hoursAhead} hours ahead`)
  if (differences.length > 0) {
    throw new Failure({
      code: 'DECLARE_DIFFERS',
      what: 'what exists differs from what is wanted; it was not changed',
      why: differences.join('\n       '),
      remedy:
        'if it may be overwritten: catalog declare --replace; else set LAKE_DATABASE, LAKE_TABLE or LAKE_DATASET',
    })
  }
}

/**
 * Out: what was done, or the differences that prevented it. @param earlier what earlier releases declared: such a table
 * is updated
 */
async function declareOne(
  aws: Pick<Aws, 'glue'>,
  database: string,
  wanted: TableInput,
  replace: boolean,
  earlier: readonly TableInput[] = [],
): Promise<string | string[]> {
  const existing = await aws.glue.table(database, wanted.Name!)
  if (!existing) {
    if (await aws.glue.createTable(database, wanted)) return 'created'
    return declareOne(aws, database, wanted, replace, earlier)
  }
  const differences = tableDifferences(existing as TableInput, wanted)
  if (differences.length === 0) return 'exists as wanted'
  const isEarlier = earlier.some((input) => tableDifferences(existing as TableInput, input).length === 0)
  if (!replace && !isEarlier) return differenceLines(differences)
  await aws.glue.replaceTable(database, wanted)
  return `${isEarlier ? 'updated' : 'replaced'} (${differenceLines(differences).join('; ')})`
}

/** The other table that an existing view of this form selects from: several tables may share one database. */
async function otherViewSource(
  aws: Pick<Aws, 'glue'>,
  make: (of: ViewOf) => TableInput,
  of: ViewOf,
): Promise<string | undefined> {
  const existing = await aws.glue.table(of.database, of.view)
  const sql = viewSql(existing?.ViewOriginalText)
  const source = /FROM\s+"((?:[^"]|"")+)"\."((?:[^"]|"")+)"/.exec(sql ?? '')
  if (!sql || !source) return undefined
  const table = source[2]!.replaceAll('""', '"')
  const same = viewSql(make({ ...of, table }).ViewOriginalText) === sql
  return same && table !== of.table ? `${quoted(of.database)}.${quoted(table)}` : undefined
}
