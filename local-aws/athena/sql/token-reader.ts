// Reads tokens one after another, and reports what was expected if something else comes.

import { mismatch, type Token } from '@ticklake/runtime/sql/tokens.ts'
import { malformedQuery } from '../api/errors.ts'

export class TokenReader {
  readonly #tokens: readonly Token[]
  readonly #sql: string
  #at = 0

  constructor(sql: string, tokens: readonly Token[]) {
    this.#sql = sql
    this.#tokens = tokens
  }

  get done(): boolean {
    return this.#at >= this.#tokens.length
  }

  peek(offset = 0): Token | undefined {
    return this.#tokens[this.#at + offset]
  }

  /** Skips the next token. */
  skip(): void {
    this.#at++
  }

  /** Skips all remaining tokens. */
  skipRest(): void {
    this.#at = this.#tokens.length
  }

  /** Takes these words or symbols if all of them come next. */
  accept(...keywords: string[]): boolean {
    const match = keywords.every((word, i) => {
      const token = this.peek(i)
      return token?.value === word && (token.kind === 'word' || token.kind === 'symbol')
    })
    if (match) this.#at += keywords.length
    return match
  }

  /** Takes these words or symbols. @throws AwsError MALFORMED_QUERY */
  expect(...keywords: string[]): void {
    for (const word of keywords) if (!this.accept(word)) throw this.unexpected(`'${word}'`)
  }

  /** Takes one of the words. @throws AwsError MALFORMED_QUERY */
  expectOneOf(...keywords: string[]): string {
    const found = keywords.find((word) => this.accept(word))
    if (found === undefined) throw this.unexpected(...keywords.map((word) => `'${word}'`))
    return found
  }

  /** A string in single (or, as Hive allows, double) quotes. @throws AwsError MALFORMED_QUERY */
  text(): string {
    const token = this.peek()
    if (token?.kind !== 'string' && token?.kind !== 'quoted') throw this.unexpected('<string>')
    this.#at++
    return token.value
  }

  /** A whole number. @throws AwsError MALFORMED_QUERY */
  number(): number {
    const token = this.peek()
    if (token?.kind !== 'number' || !/^\d+$/.test(token.text)) throw this.unexpected('<integer>')
    this.#at++
    return Number(token.text)
  }

  /** A name, bare or in backticks, in lower case as the catalog keeps it. @throws AwsError MALFORMED_QUERY */
  name(): string {
    const token = this.peek()
    if (token?.kind !== 'word' && token?.kind !== 'backtick') throw this.unexpected('<identifier>')
    this.#at++
    return (token.kind === 'word' ? token.text : token.value).toLowerCase()
  }

  /** [database.]table, also as one name in backticks. @throws AwsError MALFORMED_QUERY */
  qualifiedName(): { database: string | undefined; name: string } {
    const parts = this.#path(() => this.name())
    // A catalog may come first; there is only one.
    return { database: parts.at(-2), name: parts.at(-1)! }
  }

  /** A view's name, which may be in double quotes, as in queries. @throws AwsError MALFORMED_QUERY */
  viewName(): { database: string | undefined; name: string } {
    const part = () => (this.peek()?.kind === 'quoted' ? this.text().toLowerCase() : this.name())
    const parts = this.#path(part)
    return { database: parts.at(-2), name: parts.at(-1)! }
  }

  /** A database, optionally after the catalog. @throws AwsError MALFORMED_QUERY */
  databaseName(): string {
    const parts = [this.name()]
    if (parts[0] === 'awsdatacatalog' && this.accept('.')) parts.push(this.name())
    return parts.at(-1)!
  }

  /** A string or a number, as its text. @throws AwsError MALFORMED_QUERY */
  constant(): string {
    const sign = this.accept('-') ? '-' : ''
    const token = this.peek()
    if (token?.kind !== 'number') return sign === '' ? this.#typedText() : this.text()
    this.#at++
    return sign + token.text
  }

  /** DATE '2024-01-01' is read as the string. */
  #typedText(): string {
    if (this.peek()?.kind === 'word' && this.peek(1)?.kind === 'string') this.accept('DATE')
    return this.text()
  }

  #path(part: () => string): string[] {
    const parts = [part()]
    while (this.accept('.')) parts.push(part())
    return parts.length === 1 ? parts[0]!.split('.') : parts
  }

  /** Items in parentheses, separated by commas. @throws AwsError MALFORMED_QUERY */
  list<T>(item: () => T): T[] {
    this.expect('(')
    const items = [item()]
    while (this.accept(',')) items.push(item())
    if (!this.accept(')')) throw this.unexpected("')'", "','")
    return items
  }

  /** @throws AwsError MALFORMED_QUERY when tokens remain */
  end(): void {
    if (!this.done) throw this.unexpected('<EOF>')
  }

  /** The error for the next token. */
  unexpected(...expected: string[]): Error {
    const token = this.peek()
    const hint =
      token?.kind === 'quoted' && expected.includes('<identifier>')
        ? ' (this statement quotes names with backticks)'
        : ''
    return malformedQuery(`${mismatch(this.#sql, token, expected)}${hint}`)
  }
}
