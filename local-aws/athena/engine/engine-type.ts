// The engine's name of a Hive type: `array<struct<a:int>>` is `array(row("a" integer))`.

const names: Readonly<Record<string, string>> = {
  int: 'integer',
  float: 'real',
  string: 'varchar',
  binary: 'varbinary',
  timestamp: 'timestamp(3)',
}

export function engineType(type: string): string {
  const end = type.indexOf('<')
  if (end < 0) return names[type] ?? type
  const parts = partsOf(type.slice(end + 1, -1))
  switch (type.slice(0, end)) {
    case 'struct':
      return `row(${parts.map(field).join(', ')})`
    case 'uniontype':
      return `row("tag" tinyint, ${parts.map((part, i) => `"field${i}" ${engineType(part)}`).join(', ')})`
    default:
      return `${type.slice(0, end)}(${parts.map(engineType).join(', ')})`
  }
}

function field(text: string): string {
  const colon = text.indexOf(':')
  return `"${text.slice(0, colon).replaceAll('"', '""')}" ${engineType(text.slice(colon + 1))}`
}

/** What commas separate, outside brackets. */
function partsOf(text: string): string[] {
  const parts: string[] = []
  let depth = 0
  let start = 0
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!
    if (char === '<' || char === '(') depth++
    else if (char === '>' || char === ')') depth--
    else if (char === ',' && depth === 0) {
      parts.push(text.slice(start, at))
      start = at + 1
    }
  }
  return [...parts, text.slice(start)]
}
