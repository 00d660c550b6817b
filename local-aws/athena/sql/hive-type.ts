// Hive's column types as written in DDL, normalized to the Data Catalog's form: lower case, no spaces.
import { primitiveNames } from '../../glue/hive/type-names.ts'
import type { TokenReader } from './token-reader.ts'

/** Deeper than any table needs; later readers of the type recurse for each level. */
const deepest = 100

/** Parses one type. @throws AwsError MALFORMED_QUERY */
export function hiveType(reader: TokenReader, depth = 0): string {
  if (depth > deepest) throw reader.unexpected(`<a type of at most ${deepest} levels>`)
  const word = reader.peek()?.kind === 'word' ? reader.peek()!.value.toLowerCase() : ''
  if (primitiveNames.has(word)) return reader.name()
  switch (word) {
    case 'integer':
      reader.name()
      return 'int'
    case 'decimal':
      reader.name()
      if (reader.peek()?.text !== '(') return 'decimal(10,0)'
      return `decimal(${sizes(reader)})`
    case 'varchar':
    case 'char':
      return `${reader.name()}(${sizes(reader)})`
    case 'array':
      reader.name()
      return `array<${inAngles(reader, () => hiveType(reader, depth + 1))}>`
    case 'map':
      reader.name()
      return `map<${inAngles(reader, () => {
        const key = hiveType(reader, depth + 1)
        reader.expect(',')
        return `${key},${hiveType(reader, depth + 1)}`
      })}>`
    case 'struct':
      reader.name()
      return `struct<${inAngles(reader, () => {
        const fields = [structField(reader, depth + 1)]
        while (reader.accept(',')) fields.push(structField(reader, depth + 1))
        return fields.join(',')
      })}>`
    default:
      throw reader.unexpected('<type>')
  }
}

function sizes(reader: TokenReader): string {
  return reader.list(() => reader.number()).join(',')
}

function inAngles(reader: TokenReader, inner: () => string): string {
  reader.expect('<')
  const text = inner()
  reader.expect('>')
  return text
}

function structField(reader: TokenReader, depth: number): string {
  const name = reader.name()
  reader.expect(':')
  const type = hiveType(reader, depth)
  if (reader.accept('COMMENT')) reader.text()
  return `${name}:${type}`
}
