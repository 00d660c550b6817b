// The grammar of CREATE TABLE with 'table_type'='ICEBERG', and of its hidden partitioning.

import type { Token } from '@ticklake/runtime/sql/tokens.ts'
import type { Column } from '../../glue/api/shapes.ts'
import type { Transform } from '../../iceberg/partition-spec.ts'
import { malformedQuery, QueryFailure } from '../api/errors.ts'
import { column, properties, tableLocation } from '../sql/create-table.ts'
import { engineLocation } from '../sql/location.ts'
import type { TokenReader } from '../sql/token-reader.ts'

export interface CreateIcebergTable {
  readonly kind: 'create-iceberg-table'
  readonly database: string | undefined
  readonly name: string
  readonly ifNotExists: boolean
  readonly columns: readonly Column[]
  readonly comment: string | undefined
  readonly partitioning: readonly Transform[]
  readonly location: string | undefined
  readonly properties: Readonly<Record<string, string>>
  /** A clause that Hive tables have and Iceberg tables do not: the statement fails when it runs. */
  readonly invalid: QueryFailure | undefined
}

/** The value of table_type among the TBLPROPERTIES of a statement, in upper case. */
export function tableTypeOf(tokens: readonly Token[]): string | undefined {
  const start = tokens.findIndex(({ kind, value }) => kind === 'word' && value === 'TBLPROPERTIES')
  const at = tokens.findIndex(
    (token, i) => i > start && isText(token) && token.value.toLowerCase() === 'table_type',
  )
  return start >= 0 && at >= 0 ? tokens[at + 2]?.value.toUpperCase() : undefined
}

/** After CREATE TABLE. @throws AwsError MALFORMED_QUERY */
export function createIcebergTable(reader: TokenReader): CreateIcebergTable {
  const ifNotExists = reader.accept('IF', 'NOT', 'EXISTS')
  const { database, name } = reader.qualifiedName()
  const columns = reader.peek()?.text === '(' ? reader.list(() => column(reader)) : []
  const comment = reader.accept('COMMENT') ? reader.text() : undefined
  const head = { kind: 'create-iceberg-table', database, name, ifNotExists, columns, comment } as const
  const none = { partitioning: [], location: undefined, properties: {} }
  let partitioning: readonly Transform[] = []
  if (reader.accept('PARTITIONED', 'BY')) {
    const terms = reader.list(() => partitionTerm(reader))
    if (terms.includes(undefined)) {
      reader.skipRest()
      return {
        ...head,
        ...none,
        invalid: failure('Invalid PARTITIONED BY clause in Iceberg create table statement'),
      }
    }
    partitioning = terms as Transform[]
  }
  const clause = hivesClause(reader)
  if (clause !== undefined) {
    reader.skipRest()
    const what = `Iceberg create table statement does not allow ${clause}`
    return { ...head, ...none, invalid: failure(what, 1200) }
  }
  const location = reader.accept('LOCATION') ? engineLocation(tableLocation(reader)) : undefined
  const own = reader.accept('TBLPROPERTIES') ? properties(reader) : {}
  const invalid =
    columns.length === 0
      ? failure('At least one column is required for Iceberg create table statement')
      : undefined
  return { ...head, partitioning, location, properties: own, invalid }
}

/** A CREATE TABLE that is not for Iceberg: Athena has no other without EXTERNAL. */
export function externalKeywordMissing(tokens: readonly Token[]): Error {
  const hasLocation = tokens.some(({ kind, value }) => kind === 'word' && value === 'LOCATION')
  return malformedQuery(
    hasLocation
      ? 'External keyword required for table type HIVE'
      : 'No location was specified for table. An S3 location must be specified',
  )
}

export const externalKeywordRefused = () =>
  malformedQuery('External keyword not supported for table type ICEBERG')

const timeTransforms = ['YEAR', 'MONTH', 'DAY', 'HOUR'] as const

/** A column, day(column), bucket(16, column) or truncate(10, column); undefined for a column with a type, as in Hive. */
function partitionTerm(reader: TokenReader): Transform | undefined {
  if (reader.peek(1)?.text !== '(' || reader.peek()?.kind !== 'word') {
    const name = reader.name()
    if (reader.peek()?.text === ',' || reader.peek()?.text === ')')
      return { column: name, function: 'identity' }
    while (reader.peek() && reader.peek()!.text !== ',' && reader.peek()!.text !== ')') reader.skip()
    return undefined
  }
  const word = reader.expectOneOf(...timeTransforms, 'BUCKET', 'TRUNCATE')
  reader.expect('(')
  const isCounted = word === 'BUCKET' || word === 'TRUNCATE'
  const argument = isCounted ? reader.number() : undefined
  if (isCounted) reader.expect(',')
  const transform = {
    column: reader.name(),
    function: word.toLowerCase() as Transform['function'],
    ...(argument === undefined ? {} : { argument }),
  }
  reader.expect(')')
  return transform
}

/** The next clause of Hive. */
function hivesClause(reader: TokenReader): string | undefined {
  if (reader.accept('CLUSTERED')) return 'CLUSTERED BY'
  if (reader.accept('ROW')) return 'ROW FORMAT'
  if (reader.accept('STORED')) return 'STORED AS/BY'
  return undefined
}

const isText = ({ kind }: Token) => kind === 'string' || kind === 'quoted'

const failure = (message: string, type = 1006) => new QueryFailure(message, { category: 2, type })
