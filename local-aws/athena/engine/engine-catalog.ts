// The Data Catalog as the engine sees it: a table whose text the engine would not read like Athena appears as a view.
import { engineAccessKey } from '@ticklake/runtime/engine-catalogs.ts'
import type { GlueService } from '../../glue/api/service.ts'
import type {
  Database,
  Partition,
  PartitionInput,
  StorageDescriptor,
  Table,
  TableInput,
} from '../../glue/api/shapes.ts'
import { AwsError } from '../../http/aws-error.ts'
import { requestObject } from '../../http/request-json.ts'
import type { JsonService } from '../../http/server.ts'
import { withEngineLocation } from '../sql/location.ts'
import { lostTarget } from '../sql/resource-link.ts'
import { withRecords } from './cloudtrail.ts'
import { engineProjection, type SampleKeys } from './engine-projection.ts'
import { engineTable } from './engine-view.ts'
import { asClientsExpect } from './engine-writes.ts'
import { headerMark, ownName, ownView } from './header-name.ts'
import { withReadableSerde } from './readable-serde.ts'
import { storedTable, storedText, typedView } from './typed-view.ts'
import { whyUnreadable } from './unreadable-table.ts'
import { areWhole, wholePartition } from './whole-partition.ts'

/** The output format of a table without STORED AS: the engine would not write to it, though it writes the same text. */
const unwritable = /"org\.apache\.hadoop\.hive\.ql\.io\.IgnoreKeyTextOutputFormat"/g
const writable = '"org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"'

interface Answer {
  readonly Database?: Database
  readonly Table?: Table
  readonly TableList?: readonly Table[]
  readonly Partition?: Partition
  readonly Partitions?: readonly Partition[]
}

/**
 * Glue's operations; requests that the engine signed get its view of tables.
 * @param keysBelow for partition projection, which depends on the names of folders
 */
export function forEngineToo(
  glue: Pick<GlueService, 'mostBytes' | 'handleText' | 'getTable'>,
  keysBelow: SampleKeys,
): JsonService {
  return {
    mostBytes: glue.mostBytes,
    handleText: (operation, json, accessKey) =>
      accessKey === engineAccessKey ? forEngine(operation, json) : glue.handleText(operation, json),
  }

  async function forEngine(operation: string, json: string): Promise<{ status: number; text: string }> {
    const { own, asked, isStored } = ownRequest(operation, json)
    const { status, text: answered } = await glue.handleText(
      operation,
      isStored && storageWrites.has(operation) ? await withOwnColumns(own) : asClientsExpect(operation, own),
    )
    const text = answered.replace(unwritable, writable)
    if (status !== 200) return { status, text }
    const isChanged =
      entryReads.has(operation) ||
      (partitionReads.has(operation) &&
        (isStored || text.includes('GrokSerDe') || !text.includes(namesIn(asked)) || !areWhole(text)))
    return { status, text: isChanged ? await asAsked(text, asked, isStored) : text }
  }

  /** The answer, under the names that the engine used, with tables and partitions in a form that it can read. */
  async function asAsked(text: string, { database, table }: AskedNames, isStored: boolean): Promise<string> {
    const called = <T extends { DatabaseName: string }>(item: T): T => ({
      ...item,
      DatabaseName: database ?? item.DatabaseName,
    })
    const entry = (item: Table) =>
      called(isStored ? storedTable(item) : typedView(engineTable(withReadableSerde(item))))
    const listed = (item: Table) => (whyUnreadable(item) ? called(item) : entry(withEngineLocation(item)))
    const { Database, Table, TableList, Partition, Partitions, ...rest } = JSON.parse(text) as Answer
    if (Table) await checkReadable(Table)
    // Lists of tables have no partitions.
    const projected = Table && (await engineProjection(withEngineLocation(Table), keysBelow))
    const first = Partition ?? Partitions?.[0]
    const isLacking = first && !areWhole(text)
    const parent = isLacking && (await glue.getTable(first.DatabaseName, first.TableName))
    const partition = (item: Partition) => {
      const whole = parent ? wholePartition(item, parent) : item
      return {
        ...called(isStored ? withRecords(whole) : withReadableSerde(whole)),
        TableName: table ?? item.TableName,
      }
    }
    return JSON.stringify({
      ...rest,
      ...(Database ? { Database: { ...Database, Name: database ?? Database.Name } } : {}),
      ...(projected ? { Table: entry(projected) } : {}),
      ...(TableList ? { TableList: TableList.map(listed) } : {}),
      ...(Partition ? { Partition: partition(Partition) } : {}),
      ...(Partitions ? { Partitions: Partitions.map(partition) } : {}),
    })
  }

  /** @throws AwsError whose message says, in Athena's words, why nobody can read the entry */
  async function checkReadable(table: Table): Promise<void> {
    // A link that leads nowhere is listed, and is no table.
    const lost = await lostTarget(table, glue)
    if (lost !== undefined) throw new AwsError('EntityNotFoundException', `Table ${lost} not found.`)
    const why = whyUnreadable(table)
    if (why !== undefined) throw new AwsError('InvalidInputException', why)
  }

  /** The engine writes a table, or its partitions, back as it has read them: their columns stay unchanged. */
  async function withOwnColumns(json: string): Promise<string> {
    const request = JSON.parse(json) as StorageWrite
    const { DatabaseName, TableInput, PartitionInputList } = request
    const Name = TableInput?.Name ?? request.TableName
    const { status, text } = await glue.handleText('GetTable', JSON.stringify({ DatabaseName, Name }))
    if (status !== 200) return json
    const { StorageDescriptor, PartitionKeys = [] } = (JSON.parse(text) as { Table: Table }).Table
    const Columns = StorageDescriptor?.Columns ?? []
    const withColumns = <T extends { StorageDescriptor?: StorageDescriptor }>(input: T) => ({
      ...input,
      StorageDescriptor: { ...input.StorageDescriptor, Columns },
    })
    return JSON.stringify({
      ...request,
      ...(TableInput ? { TableInput: { ...withColumns(TableInput), PartitionKeys } } : {}),
      ...(PartitionInputList ? { PartitionInputList: PartitionInputList.map(withColumns) } : {}),
    })
  }
}

/** Operations by which the engine writes the columns of a table, and of partitions that it adds. */
const storageWrites = new Set(['UpdateTable', 'BatchCreatePartition'])

interface StorageWrite {
  readonly DatabaseName: string
  readonly TableName?: string
  readonly TableInput?: TableInput
  readonly PartitionInputList?: readonly PartitionInput[]
}

/** The members of a request that name a database or a table; a view also has a database's name in its text. */
interface Asked {
  readonly DatabaseName?: string
  readonly Name?: string
  readonly TableName?: string
  readonly TableInput?: TableInput
}

const entryReads = new Set(['GetDatabase', 'GetTable', 'GetTables'])
const partitionReads = new Set(['GetPartition', 'GetPartitions', 'BatchGetPartition'])

/** The names that the engine used: it accepts no others in the answer, such as those of a resource link's target. */
interface AskedNames {
  readonly database?: string | undefined
  readonly table?: string | undefined
}

/** How an answer names the database and the table of a partition. */
const namesIn = ({ database, table }: AskedNames) =>
  JSON.stringify({ DatabaseName: database, TableName: table }).slice(1, -1)

/** The request with the catalog's own names, and the names that they replaced. */
function ownRequest(operation: string, json: string): { own: string; asked: AskedNames; isStored: boolean } {
  const isRead = entryReads.has(operation) || partitionReads.has(operation)
  const request = isRead || mayNameOtherwise(json) ? (requestObject(json) as Asked | undefined) : undefined
  const { DatabaseName, Name, TableName, TableInput } = request ?? {}
  const asked = { database: operation === 'GetDatabase' ? Name : DatabaseName, table: TableName }
  const names = [DatabaseName, Name, TableName, TableInput?.Name]
  const isStored = names.some((name) => name?.endsWith(storedText))
  if (!names.some((name) => name !== undefined && own(name) !== name)) return { own: json, asked, isStored }
  const renamed: Asked = {
    ...request,
    ...(DatabaseName === undefined ? {} : { DatabaseName: own(DatabaseName) }),
    ...(Name === undefined ? {} : { Name: own(Name) }),
    ...(TableName === undefined ? {} : { TableName: own(TableName) }),
    ...(TableInput === undefined ? {} : { TableInput: ownInput(TableInput, own(TableInput.Name)) }),
  }
  return { own: JSON.stringify(renamed), asked, isStored }
}

/** The catalog's own name for one of the engine's names. */
function own(name: string): string {
  const read = ownName(name)
  return read.endsWith(storedText) ? read.slice(0, -storedText.length) : read
}

const mayNameOtherwise = (json: string) => json.includes(headerMark) || json.includes(storedText)

const ownInput = (input: TableInput, Name: string): TableInput => ({
  ...input,
  Name,
  ...(input.ViewOriginalText === undefined ? {} : { ViewOriginalText: ownView(input.ViewOriginalText) }),
})
