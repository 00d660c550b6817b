// Cuts a statement into words and signs, as far as it takes to tell what it would do: comments and texts hide nothing.

export interface Token {
  /** `name` is "x" or `x`; `broken` is a quote or comment that never ends. */
  readonly kind: 'word' | 'name' | 'text' | 'number' | 'sign' | 'broken'
  /** Upper case for a word, else as it stands. */
  readonly value: string
  readonly start: number
}

const grammar = new RegExp(
  [
    '(?<blank>\\s+|--[^\\r\\n]*|/\\*[\\s\\S]*?\\*/)',
    "(?<text>'(?:[^']|'')*')",
    '(?<name>"(?:[^"]|"")*"|`(?:[^`]|``)*`)',
    '(?<number>(?:\\d+(?:\\.\\d*)?|\\.\\d+)(?:[eE][+-]?\\d+)?(?![\\p{L}\\p{N}_$@]))',
    '(?<word>[\\p{L}\\p{N}_$@]+)',
    '(?<broken>[\'"`][\\s\\S]*|/\\*[\\s\\S]*)',
    '(?<sign>=>|[\\s\\S])',
  ].join('|'),
  'guy',
)

/** The tokens in order, without comments and white space. */
export function tokensOf(sql: string): Token[] {
  const tokens: Token[] = []
  for (const match of sql.matchAll(grammar)) {
    const [kind, value] = Object.entries(match.groups!).find(([, text]) => text !== undefined)!
    if (kind === 'blank') continue
    tokens.push({
      kind: kind as Token['kind'],
      value: kind === 'word' ? value!.toUpperCase() : value!,
      start: match.index,
    })
  }
  return tokens
}

/** Where an offset lies, both from 1, as Athena's own messages name it. */
export function placeOf(sql: string, offset: number): { line: number; column: number } {
  const before = sql.slice(0, offset)
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') }
}
