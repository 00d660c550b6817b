// The setting that maps a feed's messages to columns: `index=$.s,close=$.p,volume=$.v,traded_at=$.t`.
import { type ColumnName, nameKey } from '@ticklake/contract/aliases.ts'
import { tickColumns } from '@ticklake/contract/columns.ts'
import { parse } from 'csv-parse/sync'
import { isoOf, numberOf } from './feed.ts'
import { parsePath, type Step, valueAt } from './json-path.ts'

/** `id` is not a column: ticks with the same id are duplicates. */
type Target = ColumnName | 'id'

interface Origin {
  readonly constant?: string | number
  readonly inList: boolean
  readonly steps: readonly Step[]
}

export interface JsonMap {
  /** The path of the list of ticks; undefined: a message is one tick. */
  readonly list: readonly Step[] | undefined
  readonly origins: ReadonlyMap<Target, Origin>
}

/** A tick of a message, and its sender's id. */
export interface MappedTick {
  readonly fields: Readonly<Record<string, unknown>>
  readonly id: unknown
}

/** @throws Error that says what is wrong with it */
export function parseMap(text: string): JsonMap {
  const origins = new Map<Target, Origin>()
  let list: readonly Step[] | undefined
  for (const pair of pairsOf(text)) {
    const equals = pair.indexOf('=')
    const target = targetNamed(pair.slice(0, equals).trim(), pair)
    const value = pair.slice(equals + 1).trim()
    if (equals < 1 || value === '')
      throw new Error(`must be pairs such as close=$.p; ${JSON.stringify(pair)} is not one`)
    if (origins.has(target)) throw new Error(`must name each column once; ${target} is there twice`)
    const origin = originOf(value)
    if (origin.list && list && origin.list.join('\0') !== list.join('\0')) {
      throw new Error('must have its [*] at the same list in every path')
    }
    list ??= origin.list
    origins.set(target, origin)
  }
  if (!origins.has('index')) throw new Error("must say where the index is: index=$.symbol, or index='HSI'")
  if (!origins.has('close')) throw new Error('must say where the price is: close=$.price')
  if (!origins.has('volume')) throw new Error('must say where the volume is: volume=$.size, or volume=0')
  if (!origins.has('date') && !origins.has('traded_at')) {
    throw new Error('must say when: traded_at=$.time, or date=$.day')
  }
  return { list, origins }
}

function pairsOf(text: string): string[] {
  try {
    // Only a quotation mark at the beginning of a pair quotes it: a path may contain some.
    return (parse(text, { trim: true, relax_quotes: true, record_delimiter: '\n' }) as string[][]).flat()
  } catch {
    throw new Error('must be pairs such as index=$.s,close=$.p, with closed quotation marks')
  }
}

function targetNamed(name: string, pair: string): Target {
  if (nameKey(name) === 'id') return 'id'
  const column = tickColumns.find((one) => [one.name, one.csv].some((own) => nameKey(own) === nameKey(name)))
  if (column) return column.name
  const names = tickColumns.map((one) => one.name).join(', ')
  throw new Error(`must have one of ${names}, or id, before each =; ${JSON.stringify(pair)} has none`)
}

function originOf(value: string): Origin & { readonly list?: readonly Step[] | undefined } {
  const quoted = /^'([^']*)'$/.exec(value)
  if (quoted) return { constant: quoted[1]!, inList: false, steps: [] }
  if (/^-?\d+(\.\d+)?$/.test(value)) return { constant: Number(value), inList: false, steps: [] }
  const { list, steps } = parsePath(value)
  return { list, inList: list !== undefined, steps }
}

/**
 * The ticks of a message: open, high and low default to the close, the date to the UTC day of `traded_at`, and numbers
 * in strings are converted. @returns none if no path matches: the message is about something else
 */
export function mapped(map: JsonMap, message: unknown): MappedTick[] {
  const elements = map.list === undefined ? [message] : valueAt(message, map.list)
  if (!Array.isArray(elements)) return []
  const ticks: MappedTick[] = []
  for (const element of elements) {
    const values = new Map<Target, unknown>()
    let isFound = false
    for (const [target, { constant, inList, steps }] of map.origins) {
      const value = constant ?? valueAt(inList ? element : message, steps)
      if (constant === undefined && value !== undefined) isFound ||= inList || map.list === undefined
      if (value !== undefined) values.set(target, value)
    }
    if (isFound) ticks.push({ fields: fieldsOf(values), id: values.get('id') })
  }
  return ticks
}

function fieldsOf(values: ReadonlyMap<Target, unknown>): Record<string, unknown> {
  const fields: Record<string, unknown> = { adj_close: null, close_usd: null }
  for (const { name, glue } of tickColumns) {
    const value = values.get(name)
    if (value === undefined) continue
    fields[name] = glue === 'double' ? numberOf(value) : glue === 'timestamp' ? timeOf(value) : textOf(value)
  }
  for (const price of ['open', 'high', 'low']) {
    if (!values.has(price as Target) && fields.close !== undefined) fields[price] = fields.close
  }
  if (fields.date === undefined && typeof fields.traded_at === 'string') {
    const ms = Date.parse(fields.traded_at)
    if (!Number.isNaN(ms)) fields.date = new Date(ms).toISOString().slice(0, 10)
  }
  return fields
}

/** A symbol may be a number. */
function textOf(value: unknown): unknown {
  return typeof value === 'number' ? String(value) : value
}

/** Seconds, milliseconds, microseconds or nanoseconds since 1970, recognized by their size; ISO 8601 stays as it is. */
function timeOf(value: unknown): unknown {
  const number = numberOf(value)
  if (typeof number !== 'number') return value
  const size = Math.abs(number)
  const ms = size < 1e11 ? number * 1e3 : size < 1e14 ? number : size < 1e17 ? number / 1e3 : number / 1e6
  return isoOf(Math.floor(ms)) ?? value
}
