// The Data Catalog as the engine sees it: a table whose text the engine would not read as Athena does is a view to it.
import { engineAccessKey } from '@ticklake/runtime/engine-catalogs.ts'
import type { GlueService } from '../../glue/api/service.ts'
import type { Database, Partition, Table, TableInput } from '../../glue/api/shapes.ts'
import { requestObject } from '../../http/request-json.ts'
import type { JsonService } from '../../http/server.ts'
import { engineProjection, type SampleKeys } from './engine-projection.ts'
import { engineTable } from './engine-view.ts'
import { asClientsExpect } from './engine-writes.ts'
import { headerMark, ownName, ownView } from './header-name.ts'
import { withReadableSerde } from './readable-serde.ts'
import { storedPartition, storedTable, storedText, typedView } from './typed-view.ts'

/** The output format of a table without STORED AS: the engine would not write into it, although it writes the same text. */
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
 * @param keysBelow for partition projection, which depends on how folders are named
 */
export function forEngineToo(
  glue: Pick<GlueService, 'mostBytes' | 'handleText'>,
  keysBelow: SampleKeys,
): JsonService {
  return {
    mostBytes: glue.mostBytes,
    handleText: (operation, json, accessKey) =>
      accessKey === engineAccessKey ? forEngine(operation, json) : glue.handleText(operation, json),
  }

  async function forEngine(operation: string, json: string): Promise<{ status: number; text: string }> {
    const { own, headerName, isStored } = ownRequest(json)
    const { status, text: answered } = await glue.handleText(
      operation,
      isStored && operation === 'UpdateTable' ? await withOwnTypes(own) : asClientsExpect(operation, own),
    )
    const answer = { status, text: answered.replace(unwritable, writable) }
    const hasTables = operation === 'GetTable' || operation === 'GetTables'
    const isGrok = answer.text.includes('GrokSerDe')
    if (answer.status !== 200 || !(hasTables || isStored || isGrok || headerName !== undefined)) return answer
    const called = <T extends { DatabaseName: string }>(item: T): T =>
      headerName === undefined ? item : { ...item, DatabaseName: headerName }
    const table = (item: Table) =>
      called(isStored ? storedTable(item) : typedView(engineTable(withReadableSerde(item))))
    const partition = (item: Partition) => called(isStored ? storedPartition(item) : withReadableSerde(item))
    const { Database, Table, TableList, Partition, Partitions, ...rest } = JSON.parse(answer.text) as Answer
    // In a list of tables nobody reads a partition.
    const asked = Table && (await engineProjection(Table, keysBelow))
    const text = JSON.stringify({
      ...rest,
      ...(Database ? { Database: { ...Database, Name: headerName ?? Database.Name } } : {}),
      ...(asked ? { Table: table(asked) } : {}),
      ...(TableList ? { TableList: TableList.map(table) } : {}),
      ...(Partition ? { Partition: partition(Partition) } : {}),
      ...(Partitions ? { Partitions: Partitions.map(partition) } : {}),
    })
    return { ...answer, text }
  }

  /** The engine writes a table back as it has read it, its columns as texts: they keep their types. */
  async function withOwnTypes(json: string): Promise<string> {
    const request = JSON.parse(json) as { DatabaseName: string; TableInput: TableInput }
    const { DatabaseName, TableInput } = request
    const { status, text } = await glue.handleText(
      'GetTable',
      JSON.stringify({ DatabaseName, Name: TableInput.Name }),
    )
    if (status !== 200) return json
    const { StorageDescriptor, PartitionKeys = [] } = (JSON.parse(text) as { Table: Table }).Table
    const Columns = StorageDescriptor?.Columns ?? []
    const storage = { ...TableInput.StorageDescriptor, Columns }
    return JSON.stringify({
      ...request,
      TableInput: { ...TableInput, StorageDescriptor: storage, PartitionKeys },
    })
  }
}

/** The members of a request that name a database or a table; a view keeps a database's name in its text. */
interface Asked {
  readonly DatabaseName?: string
  readonly Name?: string
  readonly TableName?: string
  readonly TableInput?: TableInput
}

/** The request by the catalog's own names, and what was in their place. */
function ownRequest(json: string): { own: string; headerName?: string; isStored: boolean } {
  const asked = mayNameOtherwise(json) ? (requestObject(json) as Asked | undefined) : undefined
  const { DatabaseName, Name, TableName, TableInput } = asked ?? {}
  const header = [DatabaseName, Name].find((name) => name !== undefined && ownName(name) !== name)
  const isStored = [Name, TableName, TableInput?.Name].some((name) => name?.endsWith(storedText))
  if (!asked || (header === undefined && !isStored)) return { own: json, isStored }
  const own = (name: string) => {
    const read = ownName(name)
    return read.endsWith(storedText) ? read.slice(0, -storedText.length) : read
  }
  const request: Asked = {
    ...asked,
    ...(DatabaseName === undefined ? {} : { DatabaseName: own(DatabaseName) }),
    ...(Name === undefined ? {} : { Name: own(Name) }),
    ...(TableName === undefined ? {} : { TableName: own(TableName) }),
    ...(TableInput === undefined ? {} : { TableInput: ownInput(TableInput, own(TableInput.Name)) }),
  }
  return {
    own: JSON.stringify(request),
    isStored,
    ...(header === undefined ? {} : { headerName: header }),
  }
}

const mayNameOtherwise = (json: string) => json.includes(headerMark) || json.includes(storedText)

const ownInput = (input: TableInput, Name: string): TableInput => ({
  ...input,
  Name,
  ...(input.ViewOriginalText === undefined ? {} : { ViewOriginalText: ownView(input.ViewOriginalText) }),
})
