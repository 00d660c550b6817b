// The parts of a Hive type: the fields of a struct, the elements of an array, the keys and values of a map.

import { primitiveNames } from './type-names.ts'

export interface TypePart {
  /** A field's name, or `$elem$`, `$key$` or `$value$`, as in DESCRIBE. */
  readonly name: string
  readonly type: string
}

/** `array` of `array<int>`, `decimal` of `decimal(10,2)`; in lower case, since Hive ignores case. */
export function typeName(type: string): string {
  return /^[^<(]*/.exec(type)![0].trim().toLowerCase()
}

/** Empty for a type without parts. */
export function partsOfType(type: string): TypePart[] {
  const start = type.indexOf('<')
  if (start < 0) return []
  const parts = splitAtCommas(type.slice(start + 1, type.lastIndexOf('>')))
  switch (typeName(type)) {
    case 'struct':
      return parts.map((part) => {
        const colon = part.indexOf(':')
        return { name: part.slice(0, colon).trim(), type: part.slice(colon + 1).trim() }
      })
    case 'map':
      return [
        { name: '$key$', type: parts[0] ?? '' },
        { name: '$value$', type: parts[1] ?? '' },
      ]
    case 'array':
      return [{ name: '$elem$', type: parts[0] ?? '' }]
    default:
      return []
  }
}

/** Types of Hive's that no DDL of Athena's has, and those that have a length or a precision and may lack it. */
const rareNames = new Set(['varchar', 'char', 'decimal', 'void', 'interval_year_month', 'interval_day_time'])

/** Whether it may be one of Hive's types: no word in it stands where a type's name is wanted and is none. */
export function mayBeHiveType(type: string): boolean {
  const parts = partsOfType(type)
  if (parts.length > 0) return parts.every((part) => mayBeHiveType(part.type))
  const word = type.trim().toLowerCase()
  return !/^\w+$/.test(word) || primitiveNames.has(word) || rareNames.has(word)
}

/**
 * The parts between the commas outside brackets.
 * @param quote the quotation mark of names in the engine's types; in Hive's it is part of a name
 */
export function splitAtCommas(text: string, quote?: '"'): string[] {
  const parts: string[] = []
  let depth = 0
  let isQuoted = false
  let start = 0
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!
    if (char === quote) isQuoted = !isQuoted
    if (isQuoted) continue
    if (char === '<' || char === '(') depth++
    else if (char === '>' || char === ')') depth--
    else if (char === ',' && depth === 0) {
      parts.push(text.slice(start, at).trim())
      start = at + 1
    }
  }
  return [...parts, text.slice(start).trim()]
}
