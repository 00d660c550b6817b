import { expect, test } from 'vitest'
import { engineFailure } from './errors.ts'

const fromGlue = (text: string, status = 400) =>
  `${text} (Service: Glue, Status Code: ${status}, Request ID: 1) (SDK Attempt Count: 1)`

test.each([
  [
    fromGlue('Table storage descriptor is missing SerDe info'),
    'HIVE_METASTORE_ERROR: Table storage descriptor is missing SerDe info',
  ],
  [fromGlue('INVALID_VIEW: Invalid view JSON: {'), 'INVALID_VIEW: Invalid view JSON: {'],
  [
    'java.lang.NullPointerException: Cannot invoke "String.toLowerCase(java.util.Locale)" because the return value of "software.amazon.awssdk.services.glue.model.Column.type()" is null',
    'HIVE_INVALID_METADATA: A Column of the Data Catalog has no type',
  ],
])('what the catalog lacks or refuses is the user’s: %s', (message, shown) => {
  const { athena } = engineFailure({ message, errorName: 'HIVE_METASTORE_ERROR', errorType: 'EXTERNAL' })
  expect(athena).toMatchObject({ ErrorMessage: shown, ErrorCategory: 2, Retryable: false })
})

test('a catalog that is away is not', () => {
  const message = fromGlue('local-aws is stopping', 503)
  const { athena } = engineFailure({ message, errorName: 'HIVE_METASTORE_ERROR', errorType: 'EXTERNAL' })
  const ErrorMessage = 'HIVE_METASTORE_ERROR: local-aws is stopping'
  expect(athena).toMatchObject({ ErrorMessage, ErrorCategory: 1, Retryable: true })
})
