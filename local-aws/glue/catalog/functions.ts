// Hive functions of a database: stored and shown, never run.
import { GlueError } from '../api/errors.ts'
import { nextToken, startAfter } from '../api/page.ts'
import { type Handlers, pick } from '../api/request.ts'
import { type CatalogContext, nowSeconds } from './context.ts'
import { needDatabase, storedName } from './databases.ts'
import { namePattern } from './name-pattern.ts'

interface FunctionInput {
  FunctionName?: string
  ClassName?: string
  OwnerName?: string
  OwnerType?: string
  FunctionType?: string
  ResourceUris?: object[]
  ArtifactLocation?: string
  GovernanceMode?: string
}
const members = [
  'FunctionName',
  'ClassName',
  'OwnerName',
  'OwnerType',
  'FunctionType',
  'ResourceUris',
  'ArtifactLocation',
  'GovernanceMode',
] as const

interface Row {
  database: string
  name: string
  created: number
  data: string
}
interface OfFunction {
  DatabaseName: string
  FunctionName: string
}

const functionNotFound = (name: string) =>
  new GlueError('EntityNotFoundException', `Function ${name} not found.`)

export function functionOperations({ store, accountId }: CatalogContext): Handlers {
  const find = ({ DatabaseName, FunctionName }: OfFunction): Row => {
    const sql = 'SELECT * FROM functions WHERE database = ? AND name = ?'
    const row = store.one<Row>(sql, needDatabase(store, DatabaseName), storedName(FunctionName))
    if (!row) throw functionNotFound(FunctionName)
    return row
  }
  const shown = (row: Row) => ({
    ...(JSON.parse(row.data) as FunctionInput),
    DatabaseName: row.database,
    CreateTime: row.created,
    CatalogId: accountId,
  })
  const named = (input: FunctionInput) => {
    if (!input.FunctionName) throw new GlueError('InvalidInputException', 'FunctionName cannot be empty')
    return storedName(input.FunctionName)
  }

  return {
    CreateUserDefinedFunction({
      DatabaseName,
      FunctionInput: input,
    }: {
      DatabaseName: string
      FunctionInput: FunctionInput
    }) {
      const database = needDatabase(store, DatabaseName)
      const name = named(input)
      const { changes } = store.run(
        'INSERT INTO functions (database, name, created, data) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
        database,
        name,
        nowSeconds(),
        JSON.stringify({ ...pick(input, members), FunctionName: name }),
      )
      if (changes === 0) throw new GlueError('AlreadyExistsException', 'Function already exists.')
      return {}
    },

    GetUserDefinedFunction: (request: OfFunction) => ({ UserDefinedFunction: shown(find(request)) }),

    GetUserDefinedFunctions({
      DatabaseName,
      Pattern,
      FunctionType,
      NextToken,
      MaxResults = 100,
    }: {
      DatabaseName?: string
      Pattern: string
      FunctionType?: string
      NextToken?: string
      MaxResults?: number
    }) {
      const matches = namePattern(Pattern)
      const found: Row[] = []
      const sql = `SELECT * FROM functions WHERE (? = '' OR database = ?) AND database || '/' || name > ?
        ORDER BY database || '/' || name`
      const database = DatabaseName ? needDatabase(store, DatabaseName) : ''
      for (const row of store.iterate<Row>(sql, database, database, startAfter(NextToken) ?? '')) {
        const { FunctionType: type } = JSON.parse(row.data) as FunctionInput
        if (!matches(row.name) || (FunctionType && FunctionType !== type)) continue
        if (found.length === MaxResults) {
          const last = found.at(-1)!
          return {
            UserDefinedFunctions: found.map(shown),
            NextToken: nextToken(`${last.database}/${last.name}`),
          }
        }
        found.push(row)
      }
      return { UserDefinedFunctions: found.map(shown) }
    },

    UpdateUserDefinedFunction({
      FunctionInput: input,
      ...of
    }: OfFunction & { FunctionInput: FunctionInput }) {
      const row = find(of)
      const name = input.FunctionName ? named(input) : row.name
      if (
        name !== row.name &&
        store.one('SELECT 1 FROM functions WHERE database = ? AND name = ?', row.database, name)
      ) {
        throw new GlueError('AlreadyExistsException', 'Function already exists.')
      }
      store.run(
        'UPDATE functions SET name = ?, data = ? WHERE database = ? AND name = ?',
        name,
        JSON.stringify({ ...pick(input, members), FunctionName: name }),
        row.database,
        row.name,
      )
      return {}
    },

    DeleteUserDefinedFunction(request: OfFunction) {
      const { database, name } = find(request)
      store.run('DELETE FROM functions WHERE database = ? AND name = ?', database, name)
      return {}
    },
  }
}
