// Glue databases: their operations on the store.
import { databaseNotFound, GlueError, invalidInput } from '../api/errors.ts'
import { nextToken, startAfter } from '../api/page.ts'
import { type Handlers, pick } from '../api/request.ts'
import type { Database, DatabaseInput } from '../api/shapes.ts'
import { type CatalogContext, nowSeconds } from './context.ts'
import { namePattern } from './name-pattern.ts'
import { ScanBudget } from './scan-budget.ts'
import type { Store } from './store.ts'
import { addTags, deleteTags, type Tags } from './tags.ts'

interface Row {
  name: string
  created: number
  data: string
}

const members = [
  'Name',
  'Description',
  'LocationUri',
  'Parameters',
  'CreateTableDefaultPermissions',
  'TargetDatabase',
  'FederatedDatabase',
] as const

// What every database has unless Lake Formation restricts it.
const openToAll = [
  { Principal: { DataLakePrincipalIdentifier: 'IAM_ALLOWED_PRINCIPALS' }, Permissions: ['ALL'] },
]

/** The name under which Glue stores a database or table. */
export const storedName = (name: string) => name.toLowerCase()

/** Of a resource link: the name of its target; null for a database. */
const target = `data ->> '$.TargetDatabase.DatabaseName'`

/**
 * Out: the name under which the contents of a database are stored; for a resource link, its target's.
 * @throws GlueError EntityNotFoundException
 */
export function needDatabase(store: Store, name: string): string {
  const find = `SELECT ${target} AS target FROM databases WHERE name = ?`
  const found = store.one<{ target: string | null }>(find, storedName(name))
  if (!found) throw databaseNotFound(name)
  if (found.target === null) return storedName(name)
  if (!store.one('SELECT 1 FROM databases WHERE name = ?', storedName(found.target)))
    throw databaseNotFound(found.target)
  return storedName(found.target)
}

/** Athena's clients, and the engine, expect that the database `default` exists. */
export function addDefaultDatabase(store: Store): void {
  store.run(
    'INSERT INTO databases (name, created, data) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
    'default',
    Date.now() / 1000,
    JSON.stringify({ Name: 'default', Description: 'Default Hive database' }),
  )
}

function shownFor(attributes: readonly string[]): (keyof Database)[] {
  return attributes.includes('TARGET_DATABASE') ? ['Name', 'TargetDatabase'] : ['Name']
}

export function databaseOperations(context: CatalogContext): Handlers {
  const { store, accountId } = context
  const targetOf = ({ TargetDatabase }: DatabaseInput): DatabaseInput | undefined => {
    const name = storedName(TargetDatabase?.DatabaseName ?? '')
    const row = store.one<Row>('SELECT * FROM databases WHERE name = ?', name)
    return row && JSON.parse(row.data)
  }
  // A resource link shows the properties of its target, or only its own if the target is gone.
  const toDatabase = (row: Row): Database => {
    const input = JSON.parse(row.data) as DatabaseInput
    const { Name, TargetDatabase } = input
    return {
      CreateTableDefaultPermissions: openToAll,
      ...input,
      ...(TargetDatabase ? { ...targetOf(input), Name, TargetDatabase } : {}),
      CreateTime: row.created,
      CatalogId: accountId,
    }
  }

  const find = (name: string): Row => {
    const row = store.one<Row>('SELECT * FROM databases WHERE name = ?', storedName(name))
    if (!row) throw databaseNotFound(name)
    return row
  }

  const dataOf = (input: DatabaseInput) =>
    JSON.stringify(pick({ ...input, Name: storedName(input.Name) }, members))

  return {
    CreateDatabase({ DatabaseInput: input, Tags: tags }: { DatabaseInput: DatabaseInput; Tags?: Tags }) {
      const { changes } = store.run(
        'INSERT INTO databases (name, created, data) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
        storedName(input.Name),
        nowSeconds(),
        dataOf(input),
      )
      if (changes === 0) throw new GlueError('AlreadyExistsException', 'Database already exists.')
      addTags(context, `database/${storedName(input.Name)}`, tags)
      return {}
    },

    GetDatabase: ({ Name }: { Name: string }) => ({ Database: toDatabase(find(Name)) }),

    // Expression is not a member of AWS's request: Athena's SHOW DATABASES uses it.
    GetDatabases({
      Expression,
      NextToken,
      MaxResults = 100,
      AttributesToGet,
      ResourceShareType = 'ALL',
    }: {
      Expression?: string
      NextToken?: string
      MaxResults?: number
      AttributesToGet?: string[]
      ResourceShareType?: string
    }) {
      if (AttributesToGet && !AttributesToGet.includes('NAME'))
        throw invalidInput('AttributesToGet must include NAME')
      // No databases are shared with this account.
      if (ResourceShareType !== 'ALL') return { DatabaseList: [] }
      const shown = (row: Row) =>
        AttributesToGet ? pick<Database>(toDatabase(row), shownFor(AttributesToGet)) : toDatabase(row)
      const matches = Expression ? namePattern(Expression) : undefined
      const budget = new ScanBudget()
      const found: Row[] = []
      let last = ''
      let isMore = false
      const sql = 'SELECT * FROM databases WHERE name > ? ORDER BY name'
      for (const row of store.iterate<Row>(sql, startAfter(NextToken) ?? '')) {
        isMore = found.length === MaxResults || (last !== '' && budget.isSpent)
        if (isMore) break
        last = row.name
        if (matches?.(row.name) !== false) found.push(row)
      }
      return { DatabaseList: found.map(shown), ...(isMore ? { NextToken: nextToken(last) } : {}) }
    },

    UpdateDatabase({ Name, DatabaseInput: input }: { Name: string; DatabaseInput: DatabaseInput }) {
      const { name } = find(Name)
      const updated = needDatabase(store, name)
      // Glue does not rename: the name in the input is ignored. Nor does it change a link's target.
      const { TargetDatabase: _, ...properties } = input
      const data = dataOf({ ...(updated === name ? input : properties), Name: updated })
      store.run('UPDATE databases SET data = ? WHERE name = ?', data, updated)
      return {}
    },

    DeleteDatabase({ Name }: { Name: string }) {
      const { name } = find(Name)
      store.transaction(() => {
        store.run('DELETE FROM databases WHERE name = ?', name)
        deleteTags(context, `database/${name}`, `table/${name}/`)
        deleteTags(context, `database/${name}`, `userDefinedFunction/${name}/`)
      })
      return {}
    },
  }
}
