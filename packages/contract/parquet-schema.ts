// The Parquet schema of the contract's columns, as its footer writes it: every column optional, no INT96.
import { columns } from './columns.ts'

/** The Parquet type of each Glue type of the contract. */
const elementOf = {
  string: { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } },
  date: { type: 'INT32', converted_type: 'DATE', logical_type: { type: 'DATE' } },
  double: { type: 'DOUBLE' },
  int: { type: 'INT32' },
  bigint: { type: 'INT64' },
  timestamp: {
    type: 'INT64',
    converted_type: 'TIMESTAMP_MILLIS',
    logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' },
  },
} as const

/** The elements of the schema: the root, then one per column. */
export const parquetSchema = [
  { name: 'ticklake', num_children: columns.length },
  ...columns.map(({ name, glue }) => ({ name, repetition_type: 'OPTIONAL' as const, ...elementOf[glue] })),
]
