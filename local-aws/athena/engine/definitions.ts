// What users define at Athena (workgroups, named queries, prepared statements), in the database of the history.
import type { DatabaseSync } from 'node:sqlite'
import { nextToken, startAfterNumber } from '../api/page.ts'

export interface Page {
  readonly MaxResults?: number
  readonly NextToken?: string
}

export interface Definitions<T> {
  /** @returns false if that name is taken */
  add(workgroup: string, name: string, facts: T): boolean
  /** @returns false if there is none */
  change(workgroup: string, name: string, facts: T): boolean
  remove(workgroup: string, name: string): boolean
  removeAll(workgroup: string): void
  get(workgroup: string, name: string): T | undefined
  /** The definition of that name in any workgroup, for kinds whose names are unique across workgroups. */
  find(name: string): T | undefined
  isEmpty(workgroup: string): boolean
  count(workgroup: string): number
  /** In the order of their creation. @throws AwsError when the token is not one of ours */
  page(workgroup: string, page: Page): { readonly items: T[]; readonly next: { NextToken?: string } }
}

const mostPerPage = 50

/** A page ends with the item that exceeds this: reading fifty long queries would block other requests. */
const mostPageCharacters = 1024 * 1024

/** Definitions of one kind. The scope of a workgroup itself is '', since it is in no workgroup. */
export function openDefinitions<T>(db: DatabaseSync, kind: string): Definitions<T> {
  db.exec(`
    CREATE TABLE IF NOT EXISTS definition (
      seq INTEGER PRIMARY KEY AUTOINCREMENT,
      kind TEXT NOT NULL,
      workgroup TEXT NOT NULL,
      name TEXT NOT NULL,
      facts TEXT NOT NULL,
      UNIQUE (kind, workgroup, name)
    ) STRICT`)
  const insert = db.prepare(
    'INSERT OR IGNORE INTO definition (kind, workgroup, name, facts) VALUES (?, ?, ?, ?)',
  )
  const update = db.prepare('UPDATE definition SET facts = ? WHERE kind = ? AND workgroup = ? AND name = ?')
  const one = db.prepare('SELECT facts FROM definition WHERE kind = ? AND workgroup = ? AND name = ?')
  const anywhere = db.prepare('SELECT facts FROM definition WHERE kind = ? AND name = ?')
  const counted = db.prepare('SELECT count(*) AS n FROM definition WHERE kind = ? AND workgroup = ?')
  // The index first, then the rows: sorting both together would read the whole workgroup for each page.
  const some = db.prepare(`
    SELECT seq, facts FROM definition
    WHERE seq IN (
      SELECT seq FROM definition WHERE kind = ? AND workgroup = ? AND seq > ? ORDER BY seq LIMIT ?
    )
    ORDER BY seq`)
  const drop = db.prepare('DELETE FROM definition WHERE kind = ? AND workgroup = ? AND name = ?')
  const dropAll = db.prepare('DELETE FROM definition WHERE kind = ? AND workgroup = ?')
  const factsOf = (row: Record<string, unknown> | undefined) =>
    row === undefined ? undefined : (JSON.parse(row.facts as string) as T)

  return {
    add: (workgroup, name, facts) => insert.run(kind, workgroup, name, JSON.stringify(facts)).changes > 0,
    change: (workgroup, name, facts) => update.run(JSON.stringify(facts), kind, workgroup, name).changes > 0,
    remove: (workgroup, name) => drop.run(kind, workgroup, name).changes > 0,
    removeAll: (workgroup) => {
      dropAll.run(kind, workgroup)
    },
    get: (workgroup, name) => factsOf(one.get(kind, workgroup, name)),
    find: (name) => factsOf(anywhere.get(kind, name)),
    isEmpty: (workgroup) => some.get(kind, workgroup, 0, 1) === undefined,
    count: (workgroup) => Number(counted.get(kind, workgroup)!.n),
    page(workgroup, { MaxResults, NextToken }) {
      const after = startAfterNumber(NextToken) ?? 0
      const size = MaxResults || mostPerPage
      const shown: Record<string, unknown>[] = []
      let characters = 0
      let isMore = false
      for (const row of some.iterate(kind, workgroup, after, size + 1)) {
        isMore = shown.length === size || characters > mostPageCharacters
        if (isMore) break
        shown.push(row)
        characters += (row.facts as string).length
      }
      const next = isMore ? { NextToken: nextToken(String(shown.at(-1)!.seq)) } : {}
      return { items: shown.map((row) => factsOf(row)!), next }
    },
  }
}
