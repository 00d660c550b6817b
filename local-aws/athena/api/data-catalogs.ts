// The databases and tables of the Data Catalog, in the form of Athena's metadata operations.
import { randomUUID } from 'node:crypto'
import { GlueError } from '../../glue/api/errors.ts'
import type { GlueService, PageRequest } from '../../glue/api/service.ts'
import type { Database, Table } from '../../glue/api/shapes.ts'
import type { AwsError } from '../../http/aws-error.ts'
import { columnsOf } from '../sql/view.ts'
import { type CatalogEntries, catalogName, isOurs } from './catalog-entries.ts'
import { invalidInput, metadataError } from './errors.ts'
import type { Operations, RequestOf } from './request.ts'
import type { Workgroups } from './workgroups.ts'

const mostPerPage = 50

/** Newer than the SDK's types. */
interface Attributes {
  readonly AttributesToGet?: readonly string[]
}
type InCatalog = Pick<RequestOf<'ListDatabases'>, 'CatalogName' | 'WorkGroup'>

export function dataCatalogOperations(
  glue: GlueService,
  entries: CatalogEntries,
  workgroups: Pick<Workgroups, 'of'>,
): Operations {
  return {
    async ListDatabases(request: RequestOf<'ListDatabases'> & Attributes) {
      checkCatalog(request)
      const { AttributesToGet = [] } = request
      const { DatabaseList, NextToken } = await fromCatalog(
        glue.databasesPage({
          ...pageOfCatalog(request),
          ...(AttributesToGet.length > 0 ? { AttributesToGet } : {}),
        }),
      )
      return { DatabaseList: DatabaseList.map(databaseOf), ...(NextToken ? { NextToken } : {}) }
    },
    async GetDatabase(request) {
      checkCatalog(request)
      return { Database: databaseOf(await existingDatabase(request.DatabaseName)) }
    },
    async ListTableMetadata(request: RequestOf<'ListTableMetadata'> & Attributes) {
      checkCatalog(request)
      const { Name } = await existingDatabase(request.DatabaseName)
      const { Expression, AttributesToGet } = request
      if (AttributesToGet && !AttributesToGet.includes('NAME'))
        throw invalidInput('AttributesToGet must include NAME')
      const { TableList, NextToken } = await fromCatalog(
        glue.tablesPage(Name, {
          ...pageOfCatalog(request),
          ...(Expression ? { Expression } : {}),
          ...(AttributesToGet ? { AttributesToGet } : {}),
        }),
      )
      // The part of the Data Catalog's answer that was asked for.
      return {
        TableMetadataList: AttributesToGet ? TableList : TableList.map(tableMetadata),
        ...(NextToken ? { NextToken } : {}),
      }
    },
    async GetTableMetadata(request) {
      checkCatalog(request)
      const { DatabaseName, TableName } = request
      const table = await fromCatalog(glue.getTable(DatabaseName.toLowerCase(), TableName.toLowerCase()))
      if (table) return { TableMetadata: tableMetadata(table) }
      await existingDatabase(DatabaseName)
      throw notFound('Entity Not Found')
    },
  }

  /** @throws AwsError unless the request names AwsDataCatalog and an existing workgroup */
  function checkCatalog({ CatalogName: name, WorkGroup }: InCatalog): void {
    workgroups.of(WorkGroup)
    if (isOurs(name)) return
    if (!entries.get(name)) throw invalidInput(`Data catalog ${name} was not found`)
    throw metadataError(`Data catalog ${name} is registered only: local-aws serves ${catalogName}`)
  }

  async function existingDatabase(name: string): Promise<Database> {
    const database = await fromCatalog(glue.getDatabase(name.toLowerCase()))
    if (!database) throw notFound(`Database ${name} not found.`)
    return database
  }
}

/** The requested page, as the members of the Data Catalog's request. */
function pageOfCatalog({ MaxResults = mostPerPage, NextToken }: PageRequest): PageRequest {
  return { MaxResults, ...(NextToken === undefined ? {} : { NextToken }) }
}

/** The Data Catalog's answer. @throws AwsError instead of its own errors */
async function fromCatalog<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof GlueError) throw catalogError(error.type, error.message)
    throw error
  }
}

const notFound = (message: string) => catalogError('EntityNotFoundException', message)

/** An error of the Data Catalog in the form in which Athena passes it on: clients parse the error code in it. */
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
