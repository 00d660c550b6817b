// Writes the tables of statements and operations into docs/local-aws.md, from the code that serves them.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeLogger } from '@ticklake/runtime/log.ts'
import { makeRegistry } from '@ticklake/runtime/metrics.ts'
import { openAthena } from '../../local-aws/athena/api/service.ts'
import { localAwsConfig } from '../../local-aws/config.ts'
import { makeEvents } from '../../local-aws/events.ts'
import { openGlue } from '../../local-aws/glue/api/service.ts'
import { Catalog } from '../../local-aws/glue/operations.ts'
import { projectDir } from '../../stack/paths.ts'
import { statementRows } from './athena-statements.ts'

const page = join(projectDir, 'docs/local-aws.md')
type Groups = Readonly<Record<string, object>>

/** The page with the tables as the code has them. */
export async function withTables(text: string): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'local-aws-page-'))
  try {
    const tables = {
      'athena statements': table(['statement', 'SubstatementType', 'run by'], statementRows()),
      'athena operations': table(['group', 'operations'], operationRows(await athenaGroups(dir))),
      'glue operations': table(['group', 'operations'], operationRows(glueGroups(dir))),
    }
    return Object.entries(tables).reduce(withTable, text)
  } finally {
    rmSync(dir, { recursive: true })
  }
}

function withTable(text: string, [name, lines]: [string, string]): string {
  const [start, end] = [`<!-- ${name} -->\n`, `<!-- end of ${name} -->`]
  const [before, rest = ''] = text.split(start)
  return `${before}${start}\n${lines}\n${rest.slice(rest.indexOf(end))}`
}

/** Athena's operations, opened in a data folder. */
export async function athenaGroups(dataDir: string): Promise<Groups> {
  const config = localAwsConfig({ LOCAL_AWS_DATA_DIR: dataDir })
  const { accountId, region, s3Endpoint } = config
  await using glue = await openGlue({ dataDir, accountId, region, s3Endpoint: s3Endpoint.origin })
  const events = makeEvents(makeLogger('local-aws-page'), makeRegistry('local-aws-page'))
  await using athena = openAthena({ config, glue, events })
  return athena.operations
}

/** Glue's operations, opened in a data folder. */
export function glueGroups(dataDir: string): Groups {
  const catalog = new Catalog({ dataDir, accountId: '000000000000', region: 'us-east-1', s3Endpoint: '' })
  try {
    return catalog.operations
  } finally {
    catalog.close()
  }
}

const operationRows = (groups: Groups) =>
  Object.entries(groups).map(([group, handlers]) => [group, Object.keys(handlers).join(', ')])

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`
  return `${line(head)}|${'---|'.repeat(head.length)}\n${rows.map(line).join('')}`
}

if (import.meta.main) writeFileSync(page, await withTables(readFileSync(page, 'utf8')))
