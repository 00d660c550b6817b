// The dashboard is read-only: accepts SELECT, WITH, SHOW, DESCRIBE and EXPLAIN of these, without anything hidden in
// them.
import { Failure } from '@ticklake/runtime/errors.ts'
import { positionOf, type Token, tokensOf } from '@ticklake/runtime/sql/tokens.ts'

/** The kind of statement. */
export type ReadKind = 'select' | 'show' | 'describe' | 'explain' | 'explain analyze'

/** Only these read data, which AWS bills. */
export function isBilled(kind: ReadKind): boolean {
  return kind === 'select' || kind === 'explain analyze'
}

const writing = new Set(
  'ALTER ANALYZE CALL COMMENT COMMIT CREATE DEALLOCATE DELETE DENY DROP EXECUTE GRANT INSERT LOAD MERGE MSCK OPTIMIZE PREPARE REFRESH RENAME REPLACE REVOKE ROLLBACK SET START TRUNCATE UNLOAD UPDATE USE VACUUM'.split(
    ' ',
  ),
)

/** Table functions that only compute; any other may pass its text to another system, which may write. */
const harmlessTableFunctions = new Set(['SEQUENCE', 'EXCLUDE_COLUMNS'])

/** The kind of this statement. @throws Failure READ_ONLY with the line and column of what is not allowed */
export function requireReadOnly(sql: string): ReadKind {
  const all = tokensOf(sql)
  const refuse = (token: Token | undefined, why: string): never => {
    const { line, column } = positionOf(sql, token?.start ?? sql.length)
    throw new Failure({
      code: 'READ_ONLY',
      what: 'the dashboard is read-only; the statement was not sent',
      why: `line ${line}:${column}: ${why}`,
      remedy: 'use a single SELECT, WITH, SHOW, DESCRIBE or EXPLAIN; `catalog query` runs the others',
    })
  }
  const broken = all.find((token) => token.kind === 'broken')
  if (broken) refuse(broken, 'a quote or comment that never ends')
  const semicolon = all.findIndex(isSymbol(';'))
  const tokens = semicolon < 0 ? all : all.slice(0, semicolon)
  if (semicolon >= 0) {
    const second = all.slice(semicolon).find((token) => !isSymbol(';')(token))
    if (second) refuse(second, 'a second statement')
  }
  if (tokens.length === 0) refuse(undefined, 'there is no statement')
  refuseHidden(tokens, refuse)
  return kindOf(tokens, refuse)
}

type Refuse = (token: Token | undefined, why: string) => never

function kindOf(tokens: readonly Token[], refuse: Refuse): ReadKind {
  const at = tokens.findIndex((token) => !isSymbol('(')(token))
  const first = tokens[at]
  const word = first?.kind === 'word' ? first.value : ''
  if (word === 'SELECT') return 'select'
  if (word === 'WITH') {
    requireQueryAfterWith(tokens, at + 1, refuse)
    return 'select'
  }
  if (at === 0) {
    if (word === 'SHOW') return 'show'
    if (word === 'DESCRIBE' || word === 'DESC') return 'describe'
    if (word === 'EXPLAIN') return explained(tokens, refuse)
  }
  return refuse(first, `${first ? shown(first) : 'this'} is not SELECT, WITH, SHOW, DESCRIBE or EXPLAIN`)
}

/** EXPLAIN [ANALYZE [VERBOSE]] [(TYPE ..., FORMAT ...)] <statement>: ANALYZE runs it. */
function explained(tokens: readonly Token[], refuse: Refuse): ReadKind {
  let at = 1
  const analyze = isWord('ANALYZE')(tokens[at])
  if (analyze) at += isWord('VERBOSE')(tokens[at + 1]) ? 2 : 1
  if (isSymbol('(')(tokens[at]) && (isWord('TYPE')(tokens[at + 1]) || isWord('FORMAT')(tokens[at + 1]))) {
    at = afterParenthesis(tokens, at, refuse)
  }
  const inner = tokens.slice(at)
  if (inner.length === 0) refuse(undefined, 'EXPLAIN of nothing')
  if (isWord('EXPLAIN')(inner[0])) refuse(inner[0], 'EXPLAIN of EXPLAIN')
  kindOf(inner, refuse)
  return analyze ? 'explain analyze' : 'explain'
}

/** WITH [RECURSIVE] name [(columns)] AS (query) [, ...] and then SELECT or a parenthesis, nothing else. */
function requireQueryAfterWith(tokens: readonly Token[], from: number, refuse: Refuse): void {
  let at = isWord('RECURSIVE')(tokens[from]) ? from + 1 : from
  while (true) {
    const name = tokens[at]
    if (!isName(name)) refuse(name, 'expected the name of a subquery')
    at++
    if (isSymbol('(')(tokens[at])) at = afterParenthesis(tokens, at, refuse)
    if (!isWord('AS')(tokens[at])) refuse(tokens[at], 'expected AS and a subquery in parentheses')
    at++
    if (!isSymbol('(')(tokens[at])) refuse(tokens[at], 'expected a subquery in parentheses')
    at = afterParenthesis(tokens, at, refuse)
    if (!isSymbol(',')(tokens[at])) break
    at++
  }
  while (isSymbol('(')(tokens[at])) at++
  if (!isWord('SELECT')(tokens[at]) && !isWord('WITH')(tokens[at])) {
    refuse(tokens[at], `after WITH comes a SELECT${tokens[at] ? `, not ${shown(tokens[at]!)}` : ''}`)
  }
}

/** Statements that write inside parentheses, and table functions that pass text on. */
function refuseHidden(tokens: readonly Token[], refuse: Refuse): void {
  tokens.forEach((token, i) => {
    const next = tokens[i + 1]
    const afterNext = tokens[i + 2]
    if (isSymbol('(')(token) && next?.kind === 'word' && writing.has(next.value) && isName(afterNext)) {
      refuse(next, `${next.value} inside a query`)
    }
    if (isWord('TABLE')(token) && isSymbol('(')(next) && !isHarmless(afterNext, tokens[i + 3])) {
      refuse(afterNext, 'a table function that may do more than read')
    }
  })
}

function isHarmless(name: Token | undefined, next: Token | undefined): boolean {
  return name?.kind === 'word' && harmlessTableFunctions.has(name.value) && isSymbol('(')(next)
}

function afterParenthesis(tokens: readonly Token[], open: number, refuse: Refuse): number {
  let depth = 0
  for (let at = open; at < tokens.length; at++) {
    if (isSymbol('(')(tokens[at])) depth++
    if (isSymbol(')')(tokens[at]) && --depth === 0) return at + 1
  }
  return refuse(tokens[open], 'a parenthesis that never closes')
}

const isWord = (value: string) => (token: Token | undefined) =>
  token?.kind === 'word' && token.value === value
const isName = (token: Token | undefined) =>
  token?.kind === 'word' || token?.kind === 'quoted' || token?.kind === 'backtick'
const isSymbol = (value: string) => (token: Token | undefined) =>
  token?.kind === 'symbol' && token.value === value

function shown(token: Token): string {
  const text = token.kind === 'word' ? token.value : token.text
  return text.length > 40 ? `${text.slice(0, 40)}…` : text
}
