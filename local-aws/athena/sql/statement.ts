// Determines what kind of statement a query is: Athena's name for it, and what runs it.

import { type Token, tokensOf } from '@ticklake/runtime/sql/tokens.ts'
import { invalidInput, malformedQuery } from '../api/errors.ts'
import { topLevelAs } from './ctas.ts'

export type StatementType = 'DML' | 'DDL' | 'UTILITY'

export interface Statement {
  /** The query without surrounding `;` and white space, as Athena returns it. */
  readonly query: string
  /** The text for the engine: without a `;` that is followed only by a comment. */
  readonly sql: string
  readonly tokens: readonly Token[]
  readonly type: StatementType
  readonly substatement: string
  /**
   * `engine`: Trino runs it; `catalog`: the Data Catalog answers it; `athena`: the workgroup's prepared statements do;
   * `unsupported`: nothing does yet.
   */
  readonly runner: 'engine' | 'catalog' | 'athena' | 'unsupported'
  /** The values of EXECUTE ... USING: an expression for each question mark. */
  readonly using?: readonly string[]
}

type Kind = Pick<Statement, 'type' | 'substatement' | 'runner'>

const dml = (substatement: string): Kind => ({ type: 'DML', substatement, runner: 'engine' })
const ddl = (substatement: string, runner: Kind['runner']): Kind => ({ type: 'DDL', substatement, runner })
const utility = (substatement: string, runner: Kind['runner']): Kind => ({
  type: 'UTILITY',
  substatement,
  runner,
})

/** Statements that Trino supports and Athena refuses. */
const refused = new Set([
  'USE',
  'SET',
  'RESET',
  'GRANT',
  'REVOKE',
  'DENY',
  'CALL',
  'START',
  'COMMIT',
  'ROLLBACK',
  'TRUNCATE',
  'COMMENT',
])

/** Kinds of objects that Trino creates and drops, and Athena does not. */
const refusedObjects = new Set(['FUNCTION', 'ROLE', 'CATALOG', 'MATERIALIZED'])

const isRefused = ([verb, second, third, fourth]: readonly string[]): boolean =>
  refused.has(verb!) ||
  ((verb === 'CREATE' || verb === 'DROP') &&
    refusedObjects.has((second === 'OR' && third === 'REPLACE' ? fourth : second) ?? ''))

/** @throws AwsError when there is no statement, more than one, or one of a kind that Athena does not accept */
export function statementOf(text: string): Statement {
  const query = trimmed(text)
  const tokens = lexed(query)
  const semicolon = tokens.findIndex((token) => token.text === ';')
  if (semicolon >= 0 && tokens.slice(semicolon).some((token) => token.text !== ';')) {
    throw malformedQuery(`Only one sql statement is allowed. Got: ${query}`)
  }
  const own = semicolon < 0 ? tokens : tokens.slice(0, semicolon)
  if (own.length === 0) throw malformedQuery("line 1:1: mismatched input '<EOF>'. Expecting: <statement>")
  const sql = semicolon < 0 ? query : query.slice(0, tokens[semicolon]!.start)
  return { query, sql, tokens: own, ...kindOf(own) }
}

/** A string in Hive's DDL may hold a quote after a backslash, so the language must be known first. */
function lexed(query: string): Token[] {
  const tokens = tokensOf(query)
  return tokens.length > 0 && kindOf(tokens).runner === 'catalog' ? tokensOf(query, 'hive') : tokens
}

/** Without white space and `;` around it. By index: a pattern would retry each run of blanks from every position. */
function trimmed(text: string): string {
  const isFiller = (at: number) => text[at] === ';' || text[at]!.trim() === ''
  let start = 0
  let end = text.length
  while (start < end && isFiller(start)) start++
  while (end > start && isFiller(end - 1)) end--
  return text.slice(start, end)
}

function kindOf(tokens: readonly Token[]): Kind {
  const keywords = tokens.slice(0, 8).map((token) => (token.kind === 'word' ? token.value : token.text))
  const [first, second, third] = keywords
  if (isRefused(keywords)) throw invalidInput('Queries of this type are not supported')
  switch (first) {
    case 'INSERT':
    case 'DELETE':
    case 'UPDATE':
      return dml(first)
    case 'MERGE':
      return dml('MERGE')
    case 'EXPLAIN':
      return dml('EXPLAIN')
    case 'UNLOAD':
      return dml('UNLOAD')
    case 'CREATE':
      return createKind(tokens, keywords)
    case 'DROP':
      if (second === 'VIEW') return ddl('DROP_VIEW', 'engine')
      if (second === 'TABLE') return ddl('DROP_TABLE', 'catalog')
      if (second === 'DATABASE' || second === 'SCHEMA') return ddl('DROP_DATABASE', 'catalog')
      return ddl(`DROP_${second}`, 'unsupported')
    case 'SHOW':
      return showKind(second, third)
    case 'DESC':
    case 'DESCRIBE':
      if (second === 'INPUT' || second === 'OUTPUT') return utility(`DESCRIBE_${second}`, 'unsupported')
      return utility('DESCRIBE_TABLE', 'catalog')
    case 'MSCK':
      return ddl('MSCK_REPAIR', 'catalog')
    case 'ALTER':
      return alterKind(tokens)
    case 'PREPARE':
    case 'DEALLOCATE':
      return ddl(first, 'athena')
    case 'EXECUTE':
      return utility(first, 'athena')
    case 'VACUUM':
      return ddl(first, 'catalog')
    case 'OPTIMIZE':
      return ddl(first, 'engine')
    default:
      // SELECT, WITH, VALUES, TABLE, a parenthesis; or a misspelt word, on which the engine's parser reports best.
      return dml('SELECT')
  }
}

function createKind(tokens: readonly Token[], keywords: readonly string[]): Kind {
  const [, second, third, fourth] = keywords
  if (second === 'DATABASE' || second === 'SCHEMA') return ddl('CREATE_DATABASE', 'catalog')
  if (second === 'VIEW' || (second === 'OR' && third === 'REPLACE' && fourth === 'VIEW'))
    return ddl('CREATE_VIEW', 'engine')
  if (second === 'EXTERNAL') return ddl('CREATE_TABLE', 'catalog')
  if (second === 'TABLE') {
    return topLevelAs(tokens) >= 0 ? ddl('CREATE_TABLE_AS_SELECT', 'engine') : ddl('CREATE_TABLE', 'catalog')
  }
  return ddl(`CREATE_${second}`, 'engine')
}

function showKind(second: string | undefined, third: string | undefined): Kind {
  switch (second) {
    case 'DATABASES':
    case 'SCHEMAS':
      return utility('SHOW_DATABASES', 'catalog')
    case 'TABLES':
    case 'VIEWS':
    case 'COLUMNS':
    case 'PARTITIONS':
    case 'TBLPROPERTIES':
      return utility(`SHOW_${second}`, 'catalog')
    case 'CREATE':
      return utility(third === 'VIEW' ? 'SHOW_CREATE_VIEW' : 'SHOW_CREATE_TABLE', 'catalog')
    default:
      return utility(`SHOW_${second}`, 'engine')
  }
}

/** ALTER TABLE t ADD PARTITION ... is ALTER_TABLE_ADD_PARTITION, and so on; what is in parentheses is skipped. */
function alterKind(tokens: readonly Token[]): Kind {
  const keywords: string[] = []
  let depth = 0
  for (const { kind, text, value } of tokens.slice(0, 64)) {
    if (text === '(') depth++
    if (text === ')') depth--
    if (depth === 0) keywords.push(kind === 'word' ? value : text)
  }
  const verb = keywords.findIndex((word, i) => i > 2 && alterVerbs.has(word))
  const [change, ...rest] = verb < 0 ? [] : keywords.slice(verb)
  const changed = change === 'CHANGE' ? 'COLUMN' : rest.find((word) => alteredParts.has(word))
  const [, object] = keywords
  const isKnown = object === 'TABLE' || object === 'DATABASE' || object === 'SCHEMA'
  const name = ['ALTER', object, change, changed].filter((word) => word !== undefined).join('_')
  return ddl(name, isKnown ? 'catalog' : 'unsupported')
}

/** What a change may apply to; names of tables and columns are not among these words. */
const alteredParts = new Set(['COLUMN', 'COLUMNS', 'DBPROPERTIES', 'LOCATION', 'PARTITION', 'TBLPROPERTIES'])
const alterVerbs = new Set(['ADD', 'DROP', 'SET', 'UNSET', 'REPLACE', 'RENAME', 'CHANGE'])
