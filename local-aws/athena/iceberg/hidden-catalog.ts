// The engine's catalog of Iceberg tables, which Athena does not have: users cannot name it, and no text shows it.
import { dataCatalog, icebergCatalog } from '@ticklake/runtime/engine-catalogs.ts'
import type { Token } from '@ticklake/runtime/sql/tokens.ts'
import { type EngineError, QueryFailure } from '../api/errors.ts'
import type { Statement } from '../sql/statement.ts'

/** An error of the engine that mentions only the one catalog that users know, and no redirection between two. */
export function athenasError(error: EngineError): EngineError {
  const message = shownText(error.message)
  const end = message.indexOf(' redirected to ')
  return end >= 0 && message.endsWith(' does not exist')
    ? { ...error, errorName: 'TABLE_NOT_FOUND', message: `${message.slice(0, end)} does not exist` }
    : { ...error, message }
}

/** Rows of the engine without the hidden catalog: a list of catalogs omits it. */
export function shownRows(rows: readonly (readonly unknown[])[]): (readonly unknown[])[] {
  return rows
    .filter((row) => !row.includes(icebergCatalog))
    .map((row) => row.map((value) => (typeof value === 'string' ? shownText(value) : value)))
}

const shownText = (text: string) =>
  text.includes(icebergCatalog) ? text.replaceAll(icebergCatalog, dataCatalog) : text

/** Whether the rows of a statement may name catalogs: plans, lists, and the engine's own tables. */
export function mayShowCatalogs({ substatement, tokens }: Statement): boolean {
  return substatement !== 'SELECT' || tokens.some((token) => isName(token, 'system'))
}

/** @throws QueryFailure when a name in a statement, or its context, is the hidden catalog */
export function refuseIcebergCatalog(tokens: readonly Token[], context: string | undefined): void {
  const isNamed = tokens.some((token) => isName(token, icebergCatalog))
  if (!isNamed && context?.toLowerCase() !== icebergCatalog) return
  throw new QueryFailure(`CATALOG_NOT_FOUND: Catalog '${icebergCatalog}' not found`, {
    category: 2,
    type: 1006,
  })
}

const isName = ({ kind, value }: Token, name: string) =>
  (kind === 'word' || kind === 'quoted') && value.toLowerCase() === name
