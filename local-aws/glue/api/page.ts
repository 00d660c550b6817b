// Paging as Glue does it: a token that holds where the last page ended.
import { invalidInput } from './errors.ts'

/** The token of the page after `place`. */
export function nextToken(lastKey: string): string {
  return Buffer.from(JSON.stringify({ after: lastKey })).toString('base64url')
}

/** The place that a token holds; undefined without a token. @throws GlueError InvalidInputException */
export function startAfter(token: string | undefined): string | undefined {
  if (token === undefined || token === '') return undefined
  try {
    const { after } = JSON.parse(Buffer.from(token, 'base64url').toString())
    if (typeof after === 'string') return after
  } catch {
    // falls through: whatever was wrong with it, it is not one of ours
  }
  throw invalidInput(`Invalid token: ${token}`)
}

/** For a list that is always one page. @throws GlueError InvalidInputException */
export function requireNoToken(token: string | undefined): void {
  if (token) throw invalidInput(`Invalid token: ${token}`)
}

/**
 * One page of rows that were asked for with one more than fits.
 * @param keyOfRow what the next page starts after
 */
export function pageOf<Row>(
  rows: Row[],
  size: number,
  keyOfRow: (row: Row) => string,
): { rows: Row[]; next: { NextToken?: string } } {
  if (rows.length <= size) return { rows, next: {} }
  const page = rows.slice(0, size)
  return { rows: page, next: { NextToken: nextToken(keyOfRow(page.at(-1)!)) } }
}
