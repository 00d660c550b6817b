// What one of Hive's types is made of: the fields of a struct, the elements of an array, the keys and values of a map.

export interface TypePart {
  /** A field's, else `$elem$`, `$key$` or `$value$`, as DESCRIBE names them. */
  readonly name: string
  readonly type: string
}

/** `array` of `array<int>`, `decimal` of `decimal(10,2)`; in lower case, as Hive takes either. */
export function typeName(type: string): string {
  return /^[^<(]*/.exec(type)![0].trim().toLowerCase()
}

/** None for a type that has no parts. */
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

/**
 * The parts between the commas that stand outside brackets.
 * @param quote names may stand between these, as in the engine's types; in Hive's a quotation mark is part of a name
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
