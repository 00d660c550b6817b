// CREATE TABLE ... AS: without a place of its own its data goes below the query's results, as Athena does it.
import { type PlacedSql, unchanged } from './placed-sql.ts'
import { literal, placeOf, type Token } from './tokens.ts'

/** The statement with `external_location`, unless it names one or is of a form that only the engine can judge. */
export function withDataFolder(sql: string, tokens: readonly Token[], folder: string): PlacedSql {
  const as = topLevelAs(tokens)
  const opening = tokens.findIndex((token, i) => token.text === '(' && tokens[i - 1]?.value === 'WITH')
  const hasProperties = opening >= 0 && opening < as
  if (as < 0) return unchanged(sql)
  const property = `external_location=${literal(folder)}`
  if (!hasProperties) return inserted(sql, tokens[as]!.start, `WITH (${property}) `)
  const names = tokens.slice(opening, as).filter((_token, i, own) => own[i + 1]?.text === '=')
  const isPlaced = names.some((token) => token.value.toLowerCase() === 'external_location')
  const isIceberg = tokens
    .slice(opening, as)
    .some((token) => token.kind === 'string' && token.value.toUpperCase() === 'ICEBERG')
  return isPlaced || isIceberg ? unchanged(sql) : inserted(sql, tokens[opening]!.end, `${property}, `)
}

/** Where the AS stands that the query follows, outside all parentheses; -1 without one. */
export function topLevelAs(tokens: readonly Token[]): number {
  let depth = 0
  return tokens.findIndex((token, i) => {
    if (token.text === '(') depth++
    if (token.text === ')') depth--
    return depth === 0 && token.kind === 'word' && token.value === 'AS' && tokens[i - 1]?.value !== 'STORED'
  })
}

function inserted(sql: string, offset: number, text: string): PlacedSql {
  const at = placeOf(sql, offset)
  return {
    sql: sql.slice(0, offset) + text + sql.slice(offset),
    placeInOwnSql: (message) =>
      message.replace(/^line (\d+):(\d+):/, (all, line, column) =>
        Number(line) === at.line && Number(column) >= at.column + text.length
          ? `line ${line}:${Number(column) - text.length}:`
          : all,
      ),
  }
}
