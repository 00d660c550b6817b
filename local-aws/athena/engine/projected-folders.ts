// Moves the files of an INSERT to where partition projection finds them: the engine escapes the names of folders, and
// ignores the location template when it writes.
import { GlueError } from '../../glue/api/errors.ts'
import type { GlueService } from '../../glue/api/service.ts'
import type { Table } from '../../glue/api/shapes.ts'
import { contextDatabase, type Query } from '../api/query.ts'
import type { ResultObjects } from '../results/s3.ts'
import { writtenTable } from '../results/written-files.ts'
import { engineLocation } from '../sql/location.ts'
import type { Statement } from '../sql/statement.ts'
import { engineProjection, isProjected } from './engine-projection.ts'

const template = 'storage.location.template'
/** Enough keys to tell how a table's folders are named. */
const mostSampled = 1_000

/**
 * Moves the files of an INSERT into the folders of its partitions. The engine has registered those partitions at its own
 * locations; projection does not read them, and they would make a second INSERT fail. @throws errors of S3
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

/** The folder in which projection finds a file of the engine's folders; undefined if it is already there. */
function folderOf({ Parameters = {} }: Table, key: string): string | undefined {
  let folder = Parameters[template]
  if (folder === undefined) return undefined
  for (const { name, value } of partsOf(key)) folder = folder.replaceAll(`\${${name}}`, () => value)
  return asFolder(folder)
}

function asFolder(location: string): string {
  const folder = engineLocation(location) ?? location
  return folder.endsWith('/') ? folder : `${folder}/`
}

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
