// Rows with a unique name: connections, classifiers, catalogs, registries.
import { nextToken, startAfter } from '../api/page.ts'
import type { Store } from './store.ts'

export interface NamedRow {
  readonly name: string
  readonly created: number
  readonly updated: number
  readonly data: string
}

type NamedTable = 'catalogs' | 'classifiers' | 'connections' | 'registries'

export class NamedRows<T extends object> {
  readonly #store: Store
  readonly #table: NamedTable

  constructor(store: Store, table: NamedTable) {
    this.#store = store
    this.#table = table
  }

  get(name: string): (NamedRow & { readonly value: T }) | undefined {
    const row = this.#store.one<NamedRow>(`SELECT * FROM ${this.#table} WHERE name = ?`, name)
    return row && { ...row, value: JSON.parse(row.data) as T }
  }

  /** Out: whether it was added; false when the name is taken. */
  add(name: string, value: T): boolean {
    const now = Date.now() / 1000
    const sql = `INSERT INTO ${this.#table} (name, created, updated, data) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`
    return this.#store.run(sql, name, now, now, JSON.stringify(value)).changes > 0
  }

  /** Out: whether it existed. */
  update(name: string, value: T): boolean {
    const sql = `UPDATE ${this.#table} SET updated = ?, data = ? WHERE name = ?`
    return this.#store.run(sql, Date.now() / 1000, JSON.stringify(value), name).changes > 0
  }

  /** Out: whether it existed. */
  delete(name: string): boolean {
    return this.#store.run(`DELETE FROM ${this.#table} WHERE name = ?`, name).changes > 0
  }

  /** One page by name, of the rows that match. @throws GlueError for an invalid token */
  page<Shown>(
    { NextToken, MaxResults = 100 }: { NextToken?: string | undefined; MaxResults?: number | undefined },
    show: (row: NamedRow & { readonly value: T }) => Shown | undefined,
  ): { items: Shown[]; next: { NextToken?: string } } {
    const items: Shown[] = []
    let last = ''
    const sql = `SELECT * FROM ${this.#table} WHERE name > ? ORDER BY name`
    for (const row of this.#store.iterate<NamedRow>(sql, startAfter(NextToken) ?? '')) {
      if (items.length === MaxResults) return { items, next: { NextToken: nextToken(last) } }
      last = row.name
      const shown = show({ ...row, value: JSON.parse(row.data) as T })
      if (shown !== undefined) items.push(shown)
    }
    return { items, next: {} }
  }
}
