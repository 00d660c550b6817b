// UNLOAD (query) TO 's3://...' WITH (...): for the engine it is a CTAS whose table is dropped afterwards.

import { literal, mismatch, type Token } from '@ticklake/runtime/sql/tokens.ts'
import { malformedQuery, QueryFailure } from '../api/errors.ts'
import { doubleLiterals } from './double-literals.ts'
import { engineLocation } from './location.ts'
import { invalidProperty, type Property, propertyList } from './property-list.ts'
import { edited, type RewrittenSql } from './rewritten-sql.ts'
import { writtenFormat } from './written-format.ts'

/** Properties of Athena; those for a single format belong to CTAS. */
const known = new Set(['format', 'compression', 'compression_level', 'field_delimiter', 'partitioned_by'])

/** The database of the table that the engine creates. */
export const unloadDatabase = 'default'

/** The name of that table. */
export const unloadTable = (queryId: string) => `unload_${queryId.replaceAll('-', '_')}`

/**
 * The statement for the engine.
 * @param id of the query, which the table is named after
 * @throws AwsError MALFORMED_QUERY, or QueryFailure for a property that Athena does not accept
 */
export function engineUnload(sql: string, tokens: readonly Token[], id: string): RewrittenSql {
  const { queryEnd, folder, opening } = clauses(sql, tokens)
  const { properties, closing } = propertyList(sql, tokens, opening)
  if (closing + 1 < tokens.length) throw unexpected(sql, tokens[closing + 1], '<EOF>')
  const given = new Map(properties.map((property) => [property.name, property]))
  const unknown = properties.find(({ name }) => !known.has(name))
  if (unknown)
    throw invalidProperty(sql, unknown.start, `Property '${unknown.name}' of UNLOAD does not exist`)
  if (!given.has('format'))
    throw invalidProperty(sql, tokens[opening]!.start, "Property 'format' of UNLOAD is required")
  const format = writtenFormat(sql, given)
  const own = [...format.properties, `external_location = ${literal(folder)}`, ...partitioning(sql, given)]
  const target = `CREATE TABLE "awsdatacatalog"."${unloadDatabase}"."${unloadTable(id)}" WITH (${own.join(', ')}) AS`
  const rewritten = edited(sql, [
    { start: tokens[0]!.start, end: tokens[0]!.end, text: target },
    ...doubleLiterals(tokens.slice(0, queryEnd)),
    { start: tokens[queryEnd]!.end, end: sql.length, text: '' },
  ])
  return {
    ...rewritten,
    // The user knows the folder, not the table.
    inOwnPositions: (message) =>
      rewritten.inOwnPositions(message).replaceAll(`${unloadDatabase}.${unloadTable(id)}`, () => folder),
    session: format.session,
    unloadsTo: folder.endsWith('/') ? folder : `${folder}/`,
  }
}

/** Where the query ends, the folder, and where the properties begin. */
function clauses(sql: string, tokens: readonly Token[]) {
  if (tokens[1]?.text !== '(') throw unexpected(sql, tokens[1], "'('")
  let queryEnd = 1
  for (let depth = 1; depth > 0; ) {
    const token = tokens[++queryEnd]
    if (!token) throw unexpected(sql, token, "')'")
    if (token.text === '(') depth++
    if (token.text === ')') depth--
  }
  const [to, folder, word, bracket] = tokens.slice(queryEnd + 1, queryEnd + 5)
  if (to?.value !== 'TO') throw unexpected(sql, to, "'TO'")
  if (folder?.kind !== 'string') throw unexpected(sql, folder, '<string>')
  if (word?.value !== 'WITH') throw unexpected(sql, word, "'WITH'")
  if (bracket?.text !== '(') throw unexpected(sql, bracket, "'('")
  const location = engineLocation(folder.value)
  if (location === undefined) {
    throw new QueryFailure(`INVALID_S3_PATH: The target of UNLOAD is no S3 location: ${folder.value}`, {
      category: 2,
      type: 1000,
    })
  }
  return { queryEnd, folder: location, opening: queryEnd + 4 }
}

function partitioning(sql: string, given: ReadonlyMap<string, Property>): string[] {
  const value = given.get('partitioned_by')?.value
  return value ? [`partitioned_by = ${sql.slice(value[0]!.start, value.at(-1)!.end)}`] : []
}

const unexpected = (sql: string, token: Token | undefined, ...expected: string[]) =>
  malformedQuery(mismatch(sql, token, expected))
