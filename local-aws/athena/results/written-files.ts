// The manifest that Athena leaves beside the result of an INSERT or CTAS: the list of files that it wrote.

import type { Token } from '@ticklake/runtime/sql/tokens.ts'
import type { GlueService } from '../../glue/api/service.ts'
import { isIcebergTable } from '../../iceberg/tables.ts'
import { contextDatabase, outputLocation, type QueryRequest } from '../api/query.ts'
import { engineLocation } from '../sql/location.ts'
import type { RewrittenSql } from '../sql/rewritten-sql.ts'
import type { Statement } from '../sql/statement.ts'
import { updateColumns } from './column-info.ts'
import { resultMetadata } from './result-metadata.ts'
import type { ResultObjects } from './s3.ts'

export interface WrittenFilesParts {
  readonly glue: GlueService
  readonly objects: ResultObjects
}

/** The query that wrote, and for an UNLOAD its target; other statements write into a table. */
export interface Writer {
  readonly engineQueryId: string
  readonly queryId: string
  readonly updateType: string | undefined
  readonly updateCount: number | undefined
  readonly unloadsTo: RewrittenSql['unloadsTo'] | undefined
}

/**
 * Writes `<OutputLocation>-manifest.csv`, one S3 address per line, and for a CTAS its `.metadata`. The engine puts the
 * id of its query into the name of each file that it writes, which distinguishes them from earlier files.
 * Out: the manifest's address; undefined when no table is found, or an INSERT wrote no file.
 */
export async function writeManifest(
  statement: Statement,
  request: QueryRequest,
  { engineQueryId, unloadsTo, ...update }: Writer,
  { glue, objects }: WrittenFilesParts,
): Promise<string | undefined> {
  const location = unloadsTo ?? (await tableLocation(statement, request, glue))
  if (!location) return undefined
  const files: string[] = []
  for await (const uri of objects.list(location.endsWith('/') ? location : `${location}/`)) {
    if (uri.slice(uri.lastIndexOf('/')).includes(engineQueryId)) files.push(uri)
  }
  if (files.length === 0 && statement.substatement === 'INSERT') return undefined
  const manifest = `${outputLocation(request)}-manifest.csv`
  await objects.put(manifest, Buffer.from(files.map((file) => `${file}\n`).join('')))
  if (statement.substatement === 'CREATE_TABLE_AS_SELECT') {
    const metadata = resultMetadata({ ...update, columns: updateColumns })
    await objects.put(`${outputLocation(request)}.metadata`, metadata)
  }
  return manifest
}

async function tableLocation(
  statement: Statement,
  request: QueryRequest,
  glue: GlueService,
): Promise<string | undefined> {
  const target = writtenTable(statement)
  if (!target) return undefined
  const database = target.database ?? contextDatabase(request)
  const table = await glue.getTable(database, target.name)
  // An Iceberg table has its own lists of files, and Athena writes no other.
  const location = table && !isIcebergTable(table) ? table.StorageDescriptor?.Location : undefined
  return location === undefined ? undefined : engineLocation(location)
}

/** The table after INSERT INTO or CREATE TABLE [IF NOT EXISTS]. */
export function writtenTable({
  substatement,
  tokens,
}: Statement): { database: string | undefined; name: string } | undefined {
  if (substatement !== 'INSERT' && substatement !== 'CREATE_TABLE_AS_SELECT') return undefined
  const start = tokens[2]?.value === 'IF' ? 5 : 2
  const parts: string[] = []
  for (let i = start; i === start || tokens[i - 1]?.text === '.'; i += 2) parts.push(nameOf(tokens[i]))
  return { database: parts.at(-2), name: parts.at(-1)! }
}

function nameOf(token: Token | undefined): string {
  return (token?.kind === 'word' ? token.text : (token?.value ?? '')).toLowerCase()
}
