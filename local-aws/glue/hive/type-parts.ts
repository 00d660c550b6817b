// The parts of a Hive type: the fields of a struct, the elements of an array, the keys and values of a map.

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
