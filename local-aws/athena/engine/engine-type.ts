// The engine's name of a Hive type: `array<struct<a:int>>` is `array(row("a" integer))`.
import { partsOfType } from '../../glue/hive/type-parts.ts'

const names: Readonly<Record<string, string>> = {
  int: 'integer',
  float: 'real',
  string: 'varchar',
  binary: 'varbinary',
  timestamp: 'timestamp(3)',
}

export function engineType(type: string): string {
  const parts = partsOfType(type)
  if (parts.length === 0) return names[type] ?? type
  if (!type.startsWith('struct<'))
    return `${type.slice(0, type.indexOf('<'))}(${parts.map((part) => engineType(part.type)).join(', ')})`
  const fields = parts.map(({ name, type }) => `"${name.replaceAll('"', '""')}" ${engineType(type)}`)
  return `row(${fields.join(', ')})`
}
