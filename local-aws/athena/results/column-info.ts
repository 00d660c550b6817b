// The columns of a result as GetQueryResults describes them.
import type { EngineColumn } from '../engine/trino.ts'

export interface ColumnInfo {
  readonly CatalogName: string
  readonly SchemaName: string
  readonly TableName: string
  readonly Name: string
  readonly Label: string
  readonly Type: string
  readonly Precision: number
  readonly Scale: number
  readonly Nullable: string
  readonly CaseSensitive: boolean
}

const precisions: Readonly<Record<string, number>> = {
  tinyint: 3,
  smallint: 5,
  integer: 10,
  bigint: 19,
  float: 17,
  double: 17,
  timestamp: 3,
  'timestamp with time zone': 3,
  time: 3,
  'time with time zone': 3,
  varbinary: 1_073_741_824,
}

/** The longest varchar: what a varchar without a length has. */
const unbounded = 2_147_483_647

/** A column of the engine, with Athena's type name. */
export function columnInfo({ name, typeSignature }: EngineColumn): ColumnInfo {
  const [first, second] = typeSignature.arguments.map((argument) =>
    argument.kind === 'LONG' ? argument.value : undefined,
  )
  switch (typeSignature.rawType) {
    case 'varchar':
    case 'char':
      return describe(name, typeSignature.rawType, first ?? unbounded)
    case 'decimal':
      return describe(name, 'decimal', first ?? 38, second ?? 0)
    case 'real':
      return describe(name, 'float', 17)
    // The engine writes these two with capitals, Athena does not.
    case 'Geometry':
    case 'SphericalGeography':
      return describe(name, typeSignature.rawType.toLowerCase(), 0)
    default:
      return describe(name, typeSignature.rawType, precisions[typeSignature.rawType] ?? 0)
  }
}

/** A column of a statement that runs on the Data Catalog. */
export function stringColumn(name: string): ColumnInfo {
  return describe(name, 'string', 0)
}

/** What INSERT and CTAS answer instead of rows. */
export const updateColumns: readonly ColumnInfo[] = [describe('rows', 'bigint', 19)]

/** The column of the list of files that a query wrote. */
export const manifestColumns: readonly ColumnInfo[] = [describe('data_manifest', 'varchar', unbounded)]

function describe(name: string, type: string, precision: number, scale = 0): ColumnInfo {
  return {
    CatalogName: 'hive',
    SchemaName: '',
    TableName: '',
    Name: name,
    Label: name,
    Type: type,
    Precision: precision,
    Scale: scale,
    Nullable: 'UNKNOWN',
    CaseSensitive: type === 'varchar' || type === 'char',
  }
}
