// PARTITION (key = value, ...) of Hive's DDL, and what it means for a table.
import type { Table } from '../../glue/api/shapes.ts'
import { hiveFailure } from '../api/errors.ts'
import type { TokenReader } from './token-reader.ts'

export interface PartitionTerm {
  /** In lower case; Glue may store the table's own with capitals. */
  readonly key: string
  readonly operator: '=' | '!=' | '<>' | '<' | '<=' | '>' | '>='
  readonly value: string
}

export type PartitionSpec = readonly PartitionTerm[]

/** After the word PARTITION: keys with their values. @throws AwsError MALFORMED_QUERY */
export function partitionSpec(reader: TokenReader): PartitionSpec {
  return reader.list(() => {
    const key = reader.name()
    reader.expect('=')
    return { key, operator: '=', value: reader.constant() }
  })
}

/** The same, but ranges are allowed, as for DROP. @throws AwsError MALFORMED_QUERY */
export function partitionRange(reader: TokenReader): PartitionSpec {
  return reader.list(() => {
    const key = reader.name()
    const operator = reader.expectOneOf('=', '!=', '<>', '<=', '>=', '<', '>') as PartitionTerm['operator']
    return { key, operator, value: reader.constant() }
  })
}

/** The values of a partition in the order of the table's keys. @throws QueryFailure when keys are missing or unknown */
export function partitionValues(table: Table, spec: PartitionSpec): string[] {
  checkKeys(table, spec)
  const keys = table.PartitionKeys!
  // If a key is named more than once, its first value counts.
  const given = new Map(spec.toReversed().map(({ key, value }) => [key, value]))
  const values = keys.map(({ Name }) => given.get(Name.toLowerCase()))
  if (values.includes(undefined)) {
    throw hiveFailure(
      `SemanticException partition spec ${textOf(spec)} doesn't contain all (${keys.length}) partition columns`,
    )
  }
  return values as string[]
}

/** @throws QueryFailure for a value that does not have its key's type */
export function checkTypes({ PartitionKeys = [] }: Table, spec: PartitionSpec): void {
  const types = new Map(PartitionKeys.map(({ Name, Type = 'string' }) => [Name.toLowerCase(), Type]))
  for (const { key, value } of spec) {
    const type = types.get(key) ?? 'string'
    const form = valueForms[type]
    if (!form || form.test(value)) continue
    throw hiveFailure(
      `SemanticException [Error 10248]: Cannot add partition column ${key} of type string as it cannot be converted to type ${type}`,
    )
  }
}

const integer = /^[+-]?\d+$/
const valueForms: Readonly<Record<string, RegExp>> = {
  tinyint: integer,
  smallint: integer,
  int: integer,
  bigint: integer,
  date: /^\d{4}-\d{1,2}-\d{1,2}$/,
}

/** Glue's expression for the partitions of a spec that may omit keys. @throws QueryFailure */
export function partitionExpression(table: Table, spec: PartitionSpec): string {
  checkKeys(table, spec)
  const types = new Map(table.PartitionKeys!.map(({ Name, Type }) => [Name.toLowerCase(), Type]))
  const isNumber = (key: string) => /^(?:tinyint|smallint|int|bigint)$/.test(types.get(key) ?? '')
  return spec
    .map(({ key, operator, value }) => {
      const text = isNumber(key) && /^-?\d+$/.test(value) ? value : `'${value.replaceAll("'", "''")}'`
      return `${key} ${operator === '!=' ? '<>' : operator} ${text}`
    })
    .join(' AND ')
}

/** dt=2024/hour=01: the folder of a partition, and its name in messages. */
export function partitionName(table: Table, values: readonly string[]): string {
  return table.PartitionKeys!.map(({ Name }, i) => `${Name}=${escaped(values[i] ?? '')}`).join('/')
}

/** {dt=2024, hour=01} */
export function textOf(spec: PartitionSpec): string {
  return `{${spec.map(({ key, value }) => `${key}=${value}`).join(', ')}}`
}

/** (dt = '2024'), or ((dt = '2024') and (hour < '02')) */
export function rangeText(spec: PartitionSpec): string {
  const terms = spec.map(({ key, operator, value }) => `(${key} ${operator} '${value}')`)
  return terms.length === 1 ? terms[0]! : `(${terms.join(' and ')})`
}

function checkKeys(table: Table, spec: PartitionSpec): void {
  const keys = new Set((table.PartitionKeys ?? []).map(({ Name }) => Name.toLowerCase()))
  if (keys.size === 0)
    throw hiveFailure(`SemanticException table is not partitioned but partition spec exists: ${textOf(spec)}`)
  const unknown = spec.find(({ key }) => !keys.has(key))
  if (unknown) {
    throw hiveFailure(
      `SemanticException [Error 10098]: Non-Partition column appears in the partition specification:  ${unknown.key}`,
    )
  }
}

/** A partition's value in a path (Hive's FileUtils.escapePathName). */
function escaped(value: string): string {
  return value.replace(
    /[\x00-\x1f"#%'*/:=?\\\x7f{[\]^]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  )
}
