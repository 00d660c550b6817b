// The history of queries, in SQLite: finished ones survive a restart, and old ones expire.
import { join } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { BoundedMap } from '@ticklake/runtime/bounded-map.ts'
import { isFinal, type Query, type QueryRequest, reuseKey } from '../api/query.ts'
import { type Definitions, openDefinitions } from './definitions.ts'

/** This many of the newest are kept, however old. */
const leastRetained = 1_000
/** Recently finished queries are answered from memory. */
const keptInMemory = 32

export interface History extends Disposable {
  /** Stores a new query. Its token must be unused. */
  add(query: Query): void
  /** Stores how a query ended. */
  finish(query: Query): void
  get(id: string): Query | undefined
  withToken(token: string): Query | undefined
  /** The newest query that succeeded after a time, and whose result the other may reuse. */
  reusable(query: QueryRequest, sinceMs: number): Query | undefined
  /** The queries whose result is reused by another one that stays. */
  reusedBy(otherThan: readonly string[]): Set<string>
  /** Ids of a workgroup, newest first; `before` is the sequence number of the previous page's last one. */
  list(workgroup: string, limit: number, before?: number): { id: string; seq: number }[]
  /** Every unfinished query; after a start, those of an earlier run. */
  unfinished(): Query[]
  /** Finished queries older than `timeMs` beyond the newest 1,000, the oldest first. */
  expired(timeMs: number, limit: number): Query[]
  forget(ids: readonly string[]): void
  /** What users define, in the same file. */
  definitions<T>(kind: string): Definitions<T>
}

/**
 * Opens `athena.db` in a folder. A write costs some 50 microseconds: it goes to the write-ahead log, which a
 * kill -9 does not lose.
 */
export function openHistory(dataDir: string): History {
  const db = new DatabaseSync(join(dataDir, 'athena.db'))
  db.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    PRAGMA busy_timeout = 5000;
    CREATE TABLE IF NOT EXISTS query (
      seq INTEGER PRIMARY KEY AUTOINCREMENT,
      id TEXT NOT NULL UNIQUE,
      token TEXT NOT NULL UNIQUE,
      workgroup TEXT NOT NULL,
      submitted_at INTEGER NOT NULL,
      final INTEGER NOT NULL,
      facts TEXT NOT NULL
    ) STRICT;
    CREATE INDEX IF NOT EXISTS query_unfinished ON query (seq) WHERE final = 0;
  `)
  // The file may be from an older release.
  if (!db.prepare("SELECT 1 FROM pragma_table_info('query') WHERE name = 'reuse_key'").get())
    db.exec('ALTER TABLE query ADD COLUMN reuse_key TEXT')
  db.exec('CREATE INDEX IF NOT EXISTS query_reuse ON query (reuse_key, seq) WHERE reuse_key IS NOT NULL')
  // A process that locks the file for longer would block all other requests.
  db.exec('PRAGMA busy_timeout = 200')
  const insert = db.prepare(
    'INSERT INTO query (id, token, workgroup, submitted_at, final, facts, reuse_key) VALUES (?, ?, ?, ?, ?, ?, ?)',
  )
  const update = db.prepare('UPDATE query SET final = ?, facts = ? WHERE id = ?')
  const byId = db.prepare('SELECT facts FROM query WHERE id = ?')
  const byToken = db.prepare('SELECT facts FROM query WHERE token = ?')
  const withKey = db.prepare(
    'SELECT facts FROM query WHERE reuse_key = ? AND final = 1 ORDER BY seq DESC LIMIT 20',
  )
  const reused = db.prepare(`
    SELECT DISTINCT facts ->> '$.reused.id' AS id FROM query
    WHERE reuse_key IS NULL AND id NOT IN (SELECT value FROM json_each(?)) AND instr(facts, '"reused":{')`)
  const page = db.prepare(
    'SELECT id, seq FROM query WHERE workgroup = ? AND seq < ? ORDER BY seq DESC LIMIT ?',
  )
  const open = db.prepare('SELECT facts FROM query WHERE final = 0')
  const old = db.prepare(`
    SELECT facts FROM query
    WHERE final = 1 AND submitted_at < ? AND seq <= (SELECT max(seq) FROM query) - ${leastRetained}
    ORDER BY seq LIMIT ?`)
  const remove = db.prepare('DELETE FROM query WHERE id IN (SELECT value FROM json_each(?))')
  const recent = new BoundedMap<string, Query>(keptInMemory)

  return {
    add(query) {
      const { id, token, workgroup, submittedAtMs } = query
      const isFinished = isFinal(query.state) ? 1 : 0
      const facts = JSON.stringify(query)
      // A result that was itself reused is as old as the original.
      const key = query.reused ? null : (reuseKey(query) ?? null)
      insert.run(id, token, workgroup, submittedAtMs, isFinished, facts, key)
    },
    finish: (query) => {
      update.run(isFinal(query.state) ? 1 : 0, JSON.stringify(query), query.id)
      recent.set(query.id, query)
    },
    get: (id) => recent.get(id) ?? queries(byId, id)[0],
    withToken: (token) => queries(byToken, token)[0],
    reusable(query, sinceMs) {
      const key = reuseKey(query)
      if (key === undefined) return undefined
      return queries(withKey, key).find(
        ({ state, finishedAtMs }) => state === 'SUCCEEDED' && finishedAtMs! > sinceMs,
      )
    },
    reusedBy: (otherThan) => new Set(reused.all(JSON.stringify(otherThan)).map(({ id }) => id as string)),
    list: (workgroup, limit, before = Number.MAX_SAFE_INTEGER) =>
      page.all(workgroup, before, limit) as { id: string; seq: number }[],
    unfinished: () => queries(open),
    expired: (timeMs, limit) => queries(old, timeMs, limit),
    forget: (ids) => {
      remove.run(JSON.stringify(ids))
      for (const id of ids) recent.delete(id)
    },
    definitions: (kind) => openDefinitions(db, kind),
    [Symbol.dispose]: () => db.close(),
  }
}

function queries(statement: StatementSync, ...values: (string | number)[]): Query[] {
  return statement.all(...values).map((row) => JSON.parse(row.facts as string) as Query)
}
