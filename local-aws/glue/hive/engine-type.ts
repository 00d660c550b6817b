// Converts Hive's types to the engine's and back: `array<struct<a:int>>` is `array(row("a" integer))`.

import { quoted } from '@ticklake/runtime/sql/tokens.ts'
import { engineName, hiveOfEngine } from './type-names.ts'
import { partsOfType, splitAtCommas } from './type-parts.ts'

/** The engine's name of a Hive type. */
export function engineType(type: string): string {
  const parts = partsOfType(type)
  if (parts.length === 0) return engineName(type)
  if (!type.startsWith('struct<'))
    return `${type.slice(0, type.indexOf('<'))}(${parts.map((part) => engineType(part.type)).join(', ')})`
  const fields = parts.map(({ name, type }) => `${quoted(name)} ${engineType(type)}`)
  return `row(${fields.join(', ')})`
}

/** Hive's name of an engine type; a type that Hive does not have keeps the engine's name. */
export function hiveName(type: string): string {
  const text = type.trim()
  const open = text.indexOf('(')
  const base = (open < 0 ? text : text.slice(0, open)).toLowerCase()
  if (open < 0) return hiveOfEngine(base) === base ? text : hiveOfEngine(base)
  if (base === 'timestamp') return text.endsWith(')') ? 'timestamp' : text
  if (!text.endsWith(')')) return text
  const parts = splitAtCommas(text.slice(open + 1, -1), '"')
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

/** A field without a name is named by its position, as the engine does when it writes one. */
function fieldOf(part: string, at: number): string {
  const quoted = /^"((?:[^"]|"")*)" /.exec(part)
  if (quoted) return `${quoted[1]!.replaceAll('""', '"')}:${hiveName(part.slice(quoted[0].length))}`
  const blank = part.indexOf(' ')
  const isUnnamed = blank < 0 || /^[^ ]*\(|^(?:timestamp|time) with|^interval /i.test(part)
  return isUnnamed ? `field${at}:${hiveName(part)}` : `${part.slice(0, blank)}:${hiveName(part.slice(blank))}`
}
