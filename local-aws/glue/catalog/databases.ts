// Glue databases: their operations on the store.
import { databaseNotFound, GlueError } from '../api/errors.ts'
import { nextToken, placeOf } from '../api/page.ts'
import { type Operations, operation, pick } from '../api/request.ts'
import type { Database, DatabaseInput } from '../api/shapes.ts'
import { longestPattern, namePattern } from './name-pattern.ts'
import { LookBudget } from './scan-budget.ts'
import type { Store } from './store.ts'

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
] as const

// What every database has unless Lake Formation was told otherwise.
const openToAll = [
  { Principal: { DataLakePrincipalIdentifier: 'IAM_ALLOWED_PRINCIPALS' }, Permissions: ['ALL'] },
]

/** The name under which Glue keeps a database or table. */
export const storedName = (name: string) => name.toLowerCase()

/** @throws GlueError EntityNotFoundException */
export function needDatabase(store: Store, name: string): void {
  if (!store.one('SELECT 1 FROM databases WHERE name = ?', storedName(name))) throw databaseNotFound(name)
}

/** Athena's clients, and the engine, take it for granted that there is a database `default`. */
export function addDefaultDatabase(store: Store): void {
  store.run(
    'INSERT INTO databases (name, created, data) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
    'default',
    Date.now() / 1000,
    JSON.stringify({ Name: 'default', Description: 'Default Hive database' }),
  )
}

export function databaseOperations(store: Store, accountId: string): Operations {
  const toDatabase = (row: Row): Database => ({
    CreateTableDefaultPermissions: openToAll,
    ...(JSON.parse(row.data) as DatabaseInput),
    CreateTime: row.created,
    CatalogId: accountId,
  })

  const find = (name: string): Row => {
    const row = store.one<Row>('SELECT * FROM databases WHERE name = ?', storedName(name))
    if (!row) throw databaseNotFound(name)
    return row
  }

  const dataOf = (input: DatabaseInput) =>
    JSON.stringify(pick({ ...input, Name: storedName(input.Name) }, members))

  return {
    CreateDatabase: operation<{ DatabaseInput: DatabaseInput }>({
      takes: { DatabaseInput: 'object!', 'DatabaseInput.Name': 'text!' },
      answer({ DatabaseInput: input }) {
        const { changes } = store.run(
          'INSERT INTO databases (name, created, data) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
          storedName(input.Name),
          Date.now() / 1000,
          dataOf(input),
        )
        if (changes === 0) throw new GlueError('AlreadyExistsException', 'Database already exists.')
        return {}
      },
    }),

    GetDatabase: operation<{ Name: string }>({
      takes: { Name: 'text!' },
      answer: ({ Name }) => ({ Database: toDatabase(find(Name)) }),
    }),

    // Expression is none of AWS's members: Athena's SHOW DATABASES asks with it.
    GetDatabases: operation<{ Expression?: string; NextToken?: string; MaxResults?: number }>({
      takes: { Expression: 'text', NextToken: 'text' },
      pageSize: 100,
      longest: { Expression: longestPattern },
      answer({ Expression, NextToken, MaxResults = 100 }) {
        const matches = Expression ? namePattern(Expression) : undefined
        const budget = new LookBudget()
        const found: Row[] = []
        let last = ''
        let isMore = false
        const sql = 'SELECT * FROM databases WHERE name > ? ORDER BY name'
        for (const row of store.iterate<Row>(sql, placeOf(NextToken) ?? '')) {
          isMore = found.length === MaxResults || (last !== '' && budget.isSpent)
          if (isMore) break
          last = row.name
          if (matches?.(row.name) !== false) found.push(row)
        }
        return { DatabaseList: found.map(toDatabase), ...(isMore ? { NextToken: nextToken(last) } : {}) }
      },
    }),

    UpdateDatabase: operation<{ Name: string; DatabaseInput: DatabaseInput }>({
      takes: { Name: 'text!', DatabaseInput: 'object!', 'DatabaseInput.Name': 'text!' },
      answer({ Name, DatabaseInput: input }) {
        const { name } = find(Name)
        // Glue does not rename: the name in the input is not looked at.
        store.run('UPDATE databases SET data = ? WHERE name = ?', dataOf({ ...input, Name: name }), name)
        return {}
      },
    }),

    DeleteDatabase: operation<{ Name: string }>({
      takes: { Name: 'text!' },
      answer({ Name }) {
        store.run('DELETE FROM databases WHERE name = ?', find(Name).name)
        return {}
      },
    }),
  }
}
