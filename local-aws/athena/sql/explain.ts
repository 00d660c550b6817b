// EXPLAIN ANALYZE (FORMAT TEXT), which the engine supports without the parenthesis.

import type { Token } from '@ticklake/runtime/sql/tokens.ts'
import { malformedQuery, notSupported } from '../api/errors.ts'
import type { Edit } from './rewritten-sql.ts'
import { TokenReader } from './token-reader.ts'

/** The edit that removes the options. @throws AwsError MALFORMED_QUERY @throws QueryFailure for JSON */
export function analyzeOptions(sql: string, tokens: readonly Token[]): Edit[] {
  const [, second, open, option] = tokens
  const hasOptions =
    second?.value === 'ANALYZE' &&
    open?.text === '(' &&
    (option?.value === 'FORMAT' || option?.value === 'TYPE')
  if (!hasOptions) return []
  const reader = new TokenReader(sql, tokens)
  reader.expect('EXPLAIN', 'ANALYZE')
  const formats = reader.list(() => {
    reader.expect('FORMAT')
    return reader.expectOneOf('TEXT', 'JSON')
  })
  const close = reader.peek(-1)!
  if (formats.length > 1) throw malformedQuery('EXPLAIN ANALYZE has one FORMAT')
  if (formats[0] === 'JSON')
    throw notSupported('EXPLAIN ANALYZE (FORMAT JSON) is not supported by local-aws yet')
  return [{ start: open.start, end: close.end, text: '' }]
}
