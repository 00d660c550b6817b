// Glue's page tokens, and its error for an invalid one.
import { pageTokens } from '../../requests/page-tokens.ts'
import { invalidInput } from './errors.ts'

export const { nextToken, startAfter, startAfterNumber, requireNoToken, pageOf } = pageTokens((token) =>
  invalidInput(`Invalid token: ${token}`),
)
