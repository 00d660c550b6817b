// Cuts a statement into tokens: enough of SQL's and Hive's lexical rules to classify statements and parse DDL.

export interface Token {
  /** `quoted` is "x", `backtick` is `x`, `broken` is what never ends (an open quote or comment). */
  readonly kind: 'word' | 'quoted' | 'backtick' | 'string' | 'number' | 'symbol' | 'broken'
  /** As it stands in the statement. */
  readonly text: string
  /** Without quotes; upper case for a word. */
  readonly value: string
  readonly start: number
  readonly end: number
}

const grammar = new RegExp(
  [
    '(?<space>\\s+|--[^\\n]*|/\\*[\\s\\S]*?\\*/)',
    "(?<string>'(?:[^']|'')*')",
    '(?<quoted>"(?:[^"]|"")*")',
    '(?<backtick>`(?:[^`]|``)*`)',
    '(?<number>(?:\\d+(?:\\.\\d*)?|\\.\\d+)(?:[eE][+-]?\\d+)?(?![\\w$@]))',
    '(?<word>[\\p{L}\\p{N}_$@]+)',
    '(?<broken>[\'"`][\\s\\S]*|/\\*[\\s\\S]*)',
    '(?<symbol><>|<=|>=|!=|\\|\\||->|[\\s\\S])',
  ].join('|'),
  'uy',
)

/** The tokens of a statement; comments and white space are left out. */
export function tokensOf(sql: string): Token[] {
  const tokens: Token[] = []
  for (const match of sql.matchAll(new RegExp(grammar.source, 'guy'))) {
    const [kind, text] = Object.entries(match.groups!).find(([, value]) => value !== undefined)!
    if (kind === 'space') continue
    const start = match.index
    tokens.push({
      kind: kind as Token['kind'],
      text: text!,
      value: meaningOf(kind, text!),
      start,
      end: start + text!.length,
    })
  }
  return tokens
}

function meaningOf(kind: string, text: string): string {
  if (kind === 'word') return text.toUpperCase()
  if (kind !== 'string' && kind !== 'quoted' && kind !== 'backtick') return text
  const quote = text[0]!
  return text.slice(1, -1).replaceAll(quote + quote, quote)
}

/** Where an offset lies, as error messages name it: both from 1. */
export function placeOf(sql: string, offset: number): { line: number; column: number } {
  const before = sql.slice(0, offset)
  const lineStart = before.lastIndexOf('\n') + 1
  return { line: before.split('\n').length, column: offset - lineStart + 1 }
}

/** A text as an SQL string literal. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
