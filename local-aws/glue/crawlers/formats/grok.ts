// Reads log lines by a grok expression: `%{NUMBER:bytes:int}` is a column.
import { RE2JS } from 're2js'
import { primitive } from '../../hive/column-type.ts'
import { isMostlyGood } from '../broken-lines.ts'
import type { Schema, SchemaColumn } from '../schema.ts'
import { grokPatterns } from './grok-patterns.ts'

export interface GrokFinding {
  readonly schema: Schema
  readonly records: number
  readonly broken: number
}

export interface GrokExpression {
  readonly columns: Schema
  readonly matches: (line: string) => boolean
}

const linesToMatch = 200
/** One of the first lines must match; other text is rejected at once. */
const firstLines = 3
const longestLine = 2_000
const longestSource = 64 * 1024
const deepest = 20

/** Hive's types by the names that grok has for them. */
const types: Readonly<Record<string, string>> = {
  byte: 'tinyint',
  boolean: 'boolean',
  double: 'double',
  short: 'smallint',
  int: 'int',
  long: 'bigint',
  string: 'string',
  float: 'float',
}

/**
 * Parses an expression, and the user's own patterns: one `NAME pattern` per line.
 * @throws Error for an unknown pattern, one that refers to itself, or one that needs backtracking
 */
export function grokExpression(expression: string, customPatterns = ''): GrokExpression {
  const columns: SchemaColumn[] = []
  const source = expanded(expression, ownPatterns(customPatterns), columns, 0)
  try {
    const pattern = RE2JS.compile(source)
    return { columns, matches: (line) => pattern.matcher(line).find() }
  } catch (error) {
    throw new Error(
      `the grok pattern cannot be run: ${(error as Error).message} (look-around, atomic groups and back-references are not available here)`,
    )
  }
}

/**
 * The expression as a regular expression of whole lines, in which each column is a group, in their order.
 * @throws Error for an unknown pattern, or one that refers to itself
 */
export function grokRegex(expression: string, customPatterns = ''): string {
  return `.*?${expanded(expression, ownPatterns(customPatterns), [], 0, '(')}.*`
}

function ownPatterns(text: string): ReadonlyMap<string, string> {
  const own = new Map<string, string>()
  for (const line of text.split('\n')) {
    const match = /^\s*(\w+)\s+(\S.*)$/.exec(line.trimEnd())
    if (match) own.set(match[1]!, match[2]!)
  }
  return own
}

/** @param columnGroup what opens the group of a column */
function expanded(
  pattern: string,
  own: ReadonlyMap<string, string>,
  columns: SchemaColumn[],
  depth: number,
  columnGroup = '(?:',
): string {
  if (depth > deepest) throw new Error('a grok pattern that refers to itself')
  // A group inside a pattern is not a column.
  const uncaptured = pattern.replace(/\\.|\[(?:\\.|[^\]\\])*|\((?!\?)/gs, (part) =>
    part === '(' ? '(?:' : part,
  )
  const source = uncaptured.replace(
    /%\{(\w+)(?::([\w.@-]+))?(?::(\w+))?\}/g,
    (_, name: string, column, type) => {
      const inner = own.get(name) ?? (Object.hasOwn(grokPatterns, name) ? grokPatterns[name]! : undefined)
      if (inner === undefined) throw new Error(`the grok pattern ${name} is not known`)
      const isColumn = column !== undefined && !columns.some((other) => other.name === column)
      if (isColumn) columns.push({ name: column, type: primitive(types[type ?? 'string'] ?? 'string') })
      return `${isColumn ? columnGroup : '(?:'}${expanded(inner, own, columns, depth + 1, columnGroup)})`
    },
  )
  if (source.length > longestSource) throw new Error('the grok pattern is too long')
  return source
}

/** Undefined for text in which too few lines match. */
export function grokSchema(text: string, isCut: boolean, grok: GrokExpression): GrokFinding | undefined {
  const lines = text.split('\n')
  if (isCut && lines.length > 1) lines.pop()
  const filled = lines.filter((line) => line.trim() !== '')
  const sample = filled.slice(0, linesToMatch)
  const matches = (line: string) => line.length <= longestLine && grok.matches(line)
  if (!sample.slice(0, firstLines).some(matches)) return undefined
  const good = sample.filter(matches).length
  const broken = sample.length - good
  if (grok.columns.length === 0 || !isMostlyGood(good, broken)) return undefined
  return { schema: grok.columns, records: filled.length, broken }
}

/** AWS's classifications of logs, in its order, with the expression that its tables have. */
export const logFormats: readonly { readonly classification: string; readonly pattern: string }[] = [
  { classification: 'combined_apache', pattern: '%{COMBINEDAPACHELOG}' },
  { classification: 'apache', pattern: '%{COMMONAPACHELOG}' },
  { classification: 'linux_kernel', pattern: '%{MESSAGESLOG}' },
  { classification: 'ruby_logger', pattern: '%{RUBY_LOGGER}' },
  { classification: 'squid', pattern: '%{SQUID3}' },
  { classification: 'redismonlog', pattern: '%{REDISMONLOG}' },
  { classification: 'redislog', pattern: '%{REDISLOG}' },
]
