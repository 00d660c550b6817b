// The catalog's file: SQLite, configured so that every acknowledged write survives kill -9 and a power cut.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'

const schema = `
  CREATE TABLE IF NOT EXISTS databases (name TEXT PRIMARY KEY, created REAL NOT NULL, data TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS tables (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    database TEXT NOT NULL REFERENCES databases (name) ON DELETE CASCADE,
    name TEXT NOT NULL, version INTEGER NOT NULL, created REAL NOT NULL, updated REAL NOT NULL, data TEXT NOT NULL,
    UNIQUE (database, name));
  CREATE TABLE IF NOT EXISTS table_versions (
    table_id INTEGER NOT NULL REFERENCES tables (id) ON DELETE CASCADE,
    version INTEGER NOT NULL, updated REAL NOT NULL, data TEXT NOT NULL,
    PRIMARY KEY (table_id, version)) WITHOUT ROWID;
  -- What most partitions of a table have in common (columns, SerDe) is kept once.
  CREATE TABLE IF NOT EXISTS shapes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    table_id INTEGER NOT NULL REFERENCES tables (id) ON DELETE CASCADE,
    json TEXT NOT NULL, UNIQUE (table_id, json));
  CREATE TABLE IF NOT EXISTS partitions (
    id INTEGER PRIMARY KEY,
    table_id INTEGER NOT NULL REFERENCES tables (id) ON DELETE CASCADE,
    key TEXT NOT NULL, created REAL NOT NULL, shape_id INTEGER, data TEXT NOT NULL,
    UNIQUE (table_id, key));
  CREATE TABLE IF NOT EXISTS column_statistics (
    table_id INTEGER NOT NULL REFERENCES tables (id) ON DELETE CASCADE,
    partition_key TEXT NOT NULL, column_name TEXT NOT NULL, data TEXT NOT NULL,
    PRIMARY KEY (table_id, partition_key, column_name)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS tags (
    arn TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (arn, key)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS functions (
    database TEXT NOT NULL REFERENCES databases (name) ON DELETE CASCADE,
    name TEXT NOT NULL, created REAL NOT NULL, data TEXT NOT NULL, PRIMARY KEY (database, name)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS partition_indexes (
    table_id INTEGER NOT NULL REFERENCES tables (id) ON DELETE CASCADE,
    name TEXT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (table_id, name)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS table_optimizers (
    table_id INTEGER NOT NULL REFERENCES tables (id) ON DELETE CASCADE,
    type TEXT NOT NULL, created REAL NOT NULL, data TEXT NOT NULL, PRIMARY KEY (table_id, type)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS catalogs (
    name TEXT PRIMARY KEY, created REAL NOT NULL, updated REAL NOT NULL, data TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS connections (
    name TEXT PRIMARY KEY, created REAL NOT NULL, updated REAL NOT NULL, data TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS classifiers (
    name TEXT PRIMARY KEY, created REAL NOT NULL, updated REAL NOT NULL, data TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS resource_policies (
    arn TEXT PRIMARY KEY, hash TEXT NOT NULL, created REAL NOT NULL, updated REAL NOT NULL,
    policy TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, data TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS registries (
    name TEXT PRIMARY KEY, created REAL NOT NULL, updated REAL NOT NULL, data TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS schemas (
    registry TEXT NOT NULL REFERENCES registries (name) ON DELETE CASCADE,
    name TEXT NOT NULL, created REAL NOT NULL, updated REAL NOT NULL, data TEXT NOT NULL,
    PRIMARY KEY (registry, name)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS schema_versions (
    id TEXT PRIMARY KEY, registry TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL,
    created REAL NOT NULL, status TEXT NOT NULL, definition TEXT NOT NULL,
    UNIQUE (registry, name, version),
    FOREIGN KEY (registry, name) REFERENCES schemas (registry, name) ON DELETE CASCADE) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS schema_metadata (
    version_id TEXT NOT NULL REFERENCES schema_versions (id) ON DELETE CASCADE,
    key TEXT NOT NULL, value TEXT NOT NULL, created REAL NOT NULL,
    PRIMARY KEY (version_id, key, value)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS crawlers (name TEXT PRIMARY KEY, data TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS crawls (
    id TEXT PRIMARY KEY,
    crawler TEXT NOT NULL REFERENCES crawlers (name) ON DELETE CASCADE,
    started REAL NOT NULL, data TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS crawl_logs (
    id INTEGER PRIMARY KEY,
    crawl_id TEXT NOT NULL REFERENCES crawls (id) ON DELETE CASCADE,
    time INTEGER NOT NULL, message TEXT NOT NULL);
  CREATE INDEX IF NOT EXISTS crawl_logs_by_crawl ON crawl_logs (crawl_id, id);
  CREATE INDEX IF NOT EXISTS crawls_by_crawler ON crawls (crawler, started);
`

export class Store {
  readonly #db: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()
  #depth = 0

  /** Opens `<dataDir>/glue.sqlite`, and creates it if it is missing. */
  constructor(dataDir: string) {
    mkdirSync(dataDir, { recursive: true })
    this.#db = new DatabaseSync(join(dataDir, 'glue.sqlite'))
    // FULL: each commit is on disk before it is answered. WAL alone would lose the last ones at a power cut.
    this.#db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON')
    this.#db.exec(schema)
  }

  one<T>(sql: string, ...values: SQLInputValue[]): T | undefined {
    return this.#prepare(sql).get(...values) as T | undefined
  }

  all<T>(sql: string, ...values: SQLInputValue[]): T[] {
    return this.#prepare(sql).all(...values) as T[]
  }

  iterate<T>(sql: string, ...values: SQLInputValue[]): IterableIterator<T> {
    // Its own statement: one that is being read must not be restarted.
    return this.#db.prepare(sql).iterate(...values) as IterableIterator<T>
  }

  /** Out: how many rows changed, and the row id of the last insert. */
  run(sql: string, ...values: SQLInputValue[]): { changes: number; id: number } {
    const { changes, lastInsertRowid } = this.#prepare(sql).run(...values)
    return { changes: Number(changes), id: Number(lastInsertRowid) }
  }

  /** All of the work or none of it. A transaction inside another is part of the outer one. */
  transaction<T>(work: () => T): T {
    if (this.#depth > 0) return work()
    this.#db.exec('BEGIN IMMEDIATE')
    this.#depth++
    try {
      const result = work()
      this.#db.exec('COMMIT')
      return result
    } catch (error) {
      this.#db.exec('ROLLBACK')
      throw error
    } finally {
      this.#depth--
    }
  }

  close(): void {
    this.#db.close()
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql)
    if (!statement) {
      statement = this.#db.prepare(sql)
      this.#statements.set(sql, statement)
    }
    return statement
  }
}
