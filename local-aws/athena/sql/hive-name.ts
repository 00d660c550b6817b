// Hive's name of one of the engine's types: `array(row("a" integer))` is `array<struct<a:int>>`.

const names: Readonly<Record<string, string>> = {
  integer: 'int',
  real: 'float',
  varchar: 'string',
  varbinary: 'binary',
}

/** A type that Hive does not have keeps the engine's name. */
export function hiveName(type: string): string {
  const text = type.trim()
  const open = text.indexOf('(')
  const base = (open < 0 ? text : text.slice(0, open)).toLowerCase()
  if (open < 0) return names[base] ?? text
  if (base === 'timestamp') return text.endsWith(')') ? 'timestamp' : text
  if (!text.endsWith(')')) return text
  const parts = splitAtCommas(text.slice(open + 1, -1))
  switch (base) {
    case 'array':
    case 'map':
      return `${base}<${parts.map(hiveName).join(',')}>`
    case 'row':
      return `struct<${parts.map(fieldOf).join(',')}>`
    default:
      return text.replaceAll(' ', '')
  }
}

/** A field without a name is called by its place, as the engine does when it writes one. */
function fieldOf(part: string, at: number): string {
  const quoted = /^"((?:[^"]|"")*)" /.exec(part)
  if (quoted) return `${quoted[1]!.replaceAll('""', '"')}:${hiveName(part.slice(quoted[0].length))}`
  const blank = part.indexOf(' ')
  const isUnnamed = blank < 0 || /^[^ ]*\(|^(?:timestamp|time) with|^interval /i.test(part)
  return isUnnamed ? `field${at}:${hiveName(part)}` : `${part.slice(0, blank)}:${hiveName(part.slice(blank))}`
}

/** At the commas that stand outside brackets and quotes. */
function splitAtCommas(text: string): string[] {
  const parts: string[] = []
  let depth = 0
  let isQuoted = false
  let start = 0
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    if (char === '"') isQuoted = !isQuoted
    if (isQuoted) continue
    if (char === '(') depth++
    else if (char === ')') depth--
    else if (char === ',' && depth === 0) {
      parts.push(text.slice(start, at).trim())
      start = at + 1
    }
  }
  return [...parts, text.slice(start).trim()]
}
