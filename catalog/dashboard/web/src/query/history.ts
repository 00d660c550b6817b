// The statements of this browser, the newest first; they never leave it.

export interface Past {
  readonly sql: string
  readonly at: number
  readonly outcome: string
}

const KEY = 'ticklake.queries'
const MOST = 50

export function pastQueries(): Past[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]')
    return Array.isArray(stored) ? (stored as Past[]) : []
  } catch {
    return []
  }
}

/** A statement that runs again moves to the front. */
export function rememberQuery(past: Past): Past[] {
  const all = [past, ...pastQueries().filter(({ sql }) => sql !== past.sql)].slice(0, MOST)
  try {
    localStorage.setItem(KEY, JSON.stringify(all))
  } catch {
    // With a full or forbidden storage only this statement is missing.
  }
  return all
}
