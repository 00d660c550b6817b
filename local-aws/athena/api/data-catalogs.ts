// Athena's view of the Data Catalog: databases and tables, as its metadata operations give them.
import { randomUUID } from 'node:crypto'
import { GlueError } from '../../glue/api/errors.ts'
import type { GlueService } from '../../glue/api/service.ts'
import type { Database, Table } from '../../glue/api/shapes.ts'
import type { AwsError } from '../../http/aws-error.ts'
import { columnsOf } from '../sql/view.ts'
import { type CatalogEntries, catalogName, isOurs } from './catalog-entries.ts'
import { invalidInput, metadataError } from './errors.ts'
import { workgroupName } from './members.ts'
import { checkLength, type Members, optionalText, pageRequest, requiredText } from './request.ts'
import { checked, structure } from './shape.ts'
import type { Workgroups } from './workgroups.ts'

const mostPerPage = 50
const workgroupOfRequest = structure({ WorkGroup: workgroupName })
/** Athena's own limit, an eighth of Glue's. */
const longestExpression = 256

export function dataCatalogOperations(
  glue: GlueService,
  entries: CatalogEntries,
  workgroups: Pick<Workgroups, 'of'>,
) {
  const operations: Record<string, (request: Members) => Promise<unknown> | unknown> = {
    async ListDatabases(request) {
      checkCatalog(request)
      const { DatabaseList, NextToken } = await glue.databasesPage(pageRequest(request, mostPerPage))
      return { DatabaseList: DatabaseList.map(databaseOf), ...(NextToken ? { NextToken } : {}) }
    },
    async GetDatabase(request) {
      checkCatalog(request)
      return { Database: databaseOf(await existingDatabase(requiredText(request, 'DatabaseName'))) }
    },
    async ListTableMetadata(request) {
      checkCatalog(request)
      const database = await existingDatabase(requiredText(request, 'DatabaseName'))
      const expression = optionalText(request, 'Expression')
      checkLength('expression', expression, longestExpression)
      const { TableList, NextToken } = await glue.tablesPage(database.Name, {
        ...pageRequest(request, mostPerPage),
        ...(expression ? { Expression: expression } : {}),
      })
      return { TableMetadataList: TableList.map(tableMetadata), ...(NextToken ? { NextToken } : {}) }
    },
    async GetTableMetadata(request) {
      checkCatalog(request)
      const database = requiredText(request, 'DatabaseName').toLowerCase()
      const name = requiredText(request, 'TableName').toLowerCase()
      const table = await glue.getTable(database, name)
      if (!table)
        throw notFound(
          (await glue.getDatabase(database)) ? `Entity Not Found` : `Database ${database} not found.`,
        )
      return { TableMetadata: tableMetadata(table) }
    },
  }

  /** @throws AwsError unless it is the one that is here, asked for in a workgroup that is there */
  function checkCatalog(request: Members): void {
    workgroups.of(checked(workgroupOfRequest, request).WorkGroup)
    const name = requiredText(request, 'CatalogName')
    if (isOurs(name)) return
    if (!entries.get(name)) throw invalidInput(`Data catalog ${name} was not found`)
    throw metadataError(`Data catalog ${name} is registered only: local-aws serves ${catalogName}`)
  }

  async function existingDatabase(name: string): Promise<Database> {
    const database = await glue.getDatabase(name.toLowerCase())
    if (!database) throw notFound(`Database ${name} not found.`)
    return database
  }

  return Object.fromEntries(
    Object.entries(operations).map(([name, operation]) => [
      name,
      async (request: Members) => {
        try {
          return await operation(request)
        } catch (error) {
          if (error instanceof GlueError) throw catalogError(error.type, error.message)
          throw error
        }
      },
    ]),
  )
}

const notFound = (message: string) => catalogError('EntityNotFoundException', message)

/** An error of the Data Catalog in the form in which Athena hands it on: clients parse the error code in it. */
function catalogError(type: string, message: string): AwsError {
  const facts = `Service: AmazonDataCatalog; Status Code: 400; Error Code: ${type}; Request ID: ${randomUUID()}; Proxy: null`
  return metadataError(`${message} (${facts})`)
}

function databaseOf({ Name, Description, Parameters }: Database): unknown {
  return {
    Name,
    ...(Description === undefined ? {} : { Description }),
    ...(Parameters === undefined ? {} : { Parameters }),
  }
}

function tableMetadata(table: Table): unknown {
  const storage = table.StorageDescriptor
  const serde = Object.entries(storage?.SerdeInfo?.Parameters ?? {}).map(([key, value]) => [
    `serde.param.${key}`,
    value,
  ])
  return {
    Name: table.Name,
    CreateTime: table.CreateTime,
    ...(table.LastAccessTime === undefined ? {} : { LastAccessTime: table.LastAccessTime }),
    ...(table.TableType === undefined ? {} : { TableType: table.TableType }),
    Columns: columnsOf(table).map(plainColumn),
    PartitionKeys: (table.PartitionKeys ?? []).map(plainColumn),
    Parameters: {
      ...table.Parameters,
      ...(storage?.Location === undefined ? {} : { location: storage.Location }),
      ...(storage?.InputFormat === undefined ? {} : { inputformat: storage.InputFormat }),
      ...(storage?.OutputFormat === undefined ? {} : { outputformat: storage.OutputFormat }),
      ...(storage?.SerdeInfo?.SerializationLibrary === undefined
        ? {}
        : { 'serde.serialization.lib': storage.SerdeInfo.SerializationLibrary }),
      ...Object.fromEntries(serde),
    },
  }
}

function plainColumn({ Name, Type, Comment }: { Name: string; Type?: string; Comment?: string }): unknown {
  return { Name, ...(Type === undefined ? {} : { Type }), ...(Comment === undefined ? {} : { Comment }) }
}
