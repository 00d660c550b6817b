// Athena's own message for a failed query, as an error of three lines: what, why, what to do.
import { Failure, inOneLine } from '@ticklake/runtime/errors.ts'

const remedies: readonly [RegExp, string][] = [
  [
    /^COLUMN_NOT_FOUND/,
    "see the columns: catalog query 'SHOW COLUMNS FROM \"<table>\"' (strings are in 'single quotes')",
  ],
  [
    /TABLE_NOT_FOUND|Table not found/,
    'see the tables: catalog query "SHOW TABLES"; `catalog declare` creates the one that LAKE_TABLE names',
  ],
  [
    /SCHEMA_NOT_FOUND|Database \S{1,255} not found/i,
    'see the databases: catalog query "SHOW DATABASES"; `catalog declare` creates the one that LAKE_DATABASE names',
  ],
  [
    /MALFORMED_QUERY|SYNTAX_ERROR|mismatched input|no viable alternative/,
    'fix the SQL at the line and column above; names with hyphens or spaces need "double quotes"',
  ],
  [/TYPE_MISMATCH/, "convert both sides to one type, for example CAST(x AS date) or DATE '2021-01-31'"],
  [/FUNCTION_NOT_FOUND/, 'see the functions of Athena engine version 3 (those of Trino)'],
  [/WorkGroup is not found/i, 'set LAKE_WORKGROUP to an existing workgroup'],
  [
    /output bucket|write the query result: the bucket/i,
    'set LAKE_BUCKET (or LAKE_RESULTS) to an existing bucket; `make stack`, compose or `make aws-deploy` creates one',
  ],
  [
    /bucket does not exist|NoSuchBucket/i,
    'correct the LOCATION of the statement or of its table, or create that bucket; `make stack`, compose or `make aws-deploy` creates LAKE_BUCKET',
  ],
  [/output location/i, 'set LAKE_RESULTS to s3://bucket/prefix/'],
]

/** @param text Athena's StateChangeReason or the message of its refusal */
export function queryFailure(code: 'QUERY_REFUSED' | 'QUERY_FAILED', text: string, cause?: unknown): Failure {
  const why = inOneLine(text)
  return new Failure({
    code,
    what:
      code === 'QUERY_REFUSED'
        ? 'Athena did not accept the query; nothing ran'
        : 'Athena could not run the query',
    why,
    remedy: remedies.find(([form]) => form.test(why))?.[1] ?? 'fix the query, or see Athena’s text above',
    ...(cause === undefined ? {} : { cause }),
  })
}
