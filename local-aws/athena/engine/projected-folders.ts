// Where an INSERT leaves its files in a table with partition projection: the engine escapes the names of folders, and knows no
// template when it writes, so that projection would not find them again.
import { GlueError } from '../../glue/api/errors.ts'
import type { GlueService } from '../../glue/api/service.ts'
import type { Table } from '../../glue/api/shapes.ts'
import { contextDatabase, type Query } from '../api/query.ts'
import type { ResultObjects } from '../results/s3.ts'
import { writtenTable } from '../results/written-files.ts'
import type { Statement } from '../sql/statement.ts'
import { engineProjection, isProjected } from './engine-projection.ts'

const template = 'storage.location.template'
/** As many keys as tell how a table's folders are named. */
const mostSampled = 1_000

/**
 * Moves the files of an INSERT into the folders of its partitions. The engine has registered those partitions where it
 * wrote; no projection reads them, and a second INSERT would fail for them. @throws what S3 answers
 */
export async function moveToProjectedFolders(
  statement: Statement,
  query: Pick<Query, 'database'>,
  engineQueryId: string,
  { glue, objects }: { readonly glue: GlueService; readonly objects: ResultObjects },
): Promise<void> {
  const target = statement.substatement === 'INSERT' ? writtenTable(statement) : undefined
  const table = target && (await glue.getTable(target.database ?? contextDatabase(query), target.name))
  if (!table?.StorageDescriptor?.Location || !isProjected(table)) return
  const location = asFolder(table.StorageDescriptor.Location)
  const written: string[] = []
  const others: string[] = []
  for await (const uri of objects.list(location)) {
    const key = uri.slice(location.length)
    if (key.slice(key.lastIndexOf('/') + 1).includes(engineQueryId)) written.push(key)
    else if (others.length < mostSampled) others.push(key)
  }
  const projected = await engineProjection(table, async () => others)
  for (const key of written) {
    const folder = folderOf(projected, key)
    const to = folder && `${folder}${key.slice(key.lastIndexOf('/') + 1)}`
    if (!to || to === `${location}${key}`) continue
    await objects.move(`${location}${key}`, to)
    const PartitionValues = partsOf(key).map(({ value }) => value)
    await glue
      .call('DeletePartition', { DatabaseName: table.DatabaseName, TableName: table.Name, PartitionValues })
      .catch((error) => {
        // Another file of the same partition came first.
        if (!(error instanceof GlueError) || error.type !== 'EntityNotFoundException') throw error
      })
  }
}

/** The folder that projection finds for a file in folders of the engine's; undefined where that is the one it is in. */
function folderOf({ Parameters = {} }: Table, key: string): string | undefined {
  let folder = Parameters[template]
  if (folder === undefined) return undefined
  for (const { name, value } of partsOf(key)) folder = folder.replaceAll(`\${${name}}`, () => value)
  return asFolder(folder)
}

const asFolder = (location: string) => (location.endsWith('/') ? location : `${location}/`)

/** The partition's keys and values in `a=1/b=x%3Ay/file`. */
function partsOf(key: string): { name: string; value: string }[] {
  return key
    .split('/')
    .slice(0, -1)
    .map((part) => {
      const sign = part.indexOf('=')
      return { name: part.slice(0, sign), value: unescaped(part.slice(sign + 1)) }
    })
}

const unescaped = (value: string) =>
  value.replace(/%([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
