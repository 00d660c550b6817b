// Runs CREATE, ALTER and DROP DATABASE on the Data Catalog.
import type { GlueService } from '../../glue/api/service.ts'
import { hiveFailure } from '../api/errors.ts'
import type { HiveStatement } from './hive-ddl.ts'

type Of<K extends HiveStatement['kind']> = Extract<HiveStatement, { kind: K }>

/** @throws GlueError when it exists */
export async function createDatabase(
  { name, comment, location, properties, ifNotExists }: Of<'create-database'>,
  glue: GlueService,
): Promise<void> {
  if (ifNotExists && (await glue.getDatabase(name))) return
  await glue.createDatabase({
    Name: name,
    ...(comment === undefined ? {} : { Description: comment }),
    ...(location === undefined ? {} : { LocationUri: location }),
    ...(Object.keys(properties).length === 0 ? {} : { Parameters: properties }),
  })
}

/** @throws QueryFailure when it does not exist */
export async function alterDatabase(
  { name, properties }: Of<'alter-database'>,
  glue: GlueService,
): Promise<void> {
  const database = await glue.getDatabase(name)
  if (!database) throw databaseNotFound(name)
  const Parameters = { ...database.Parameters, ...properties }
  await glue.call('UpdateDatabase', { Name: name, DatabaseInput: { ...database, Parameters } })
}

/** @throws QueryFailure when it does not exist, or has tables and CASCADE is missing */
export async function dropDatabase(
  { name, ifExists, cascade }: Of<'drop-database'>,
  glue: GlueService,
): Promise<void> {
  const database = await glue.getDatabase(name)
  if (!database) {
    if (ifExists) return
    throw databaseNotFound(name)
  }
  if (!cascade && (await glue.hasTables(database))) {
    throw hiveFailure(
      `Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. InvalidOperationException(message:Database ${name} is not empty. One or more tables exist.)`,
    )
  }
  await glue.dropDatabase(name)
}

export const databaseNotFound = (database: string) =>
  hiveFailure(`SemanticException [Error 10072]: Database does not exist: ${database}`, 1301)
