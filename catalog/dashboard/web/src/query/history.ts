// The statements of this browser, the newest first; they never leave it.

export interface Past {
  readonly sql: string
  readonly at: number
  readonly outcome: string
}

const KEY = 'ticklake.queries'
const KEPT = 50

export function pastQueries(): Past[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]')
    return Array.isArray(kept) ? (kept as Past[]) : []
  } catch {
    return []
  }
}

/** A statement that is asked again moves to the front. */
export function rememberQuery(past: Past): Past[] {
  const all = [past, ...pastQueries().filter(({ sql }) => sql !== past.sql)].slice(0, KEPT)
  try {
    localStorage.setItem(KEY, JSON.stringify(all))
  } catch {
    // A full or forbidden storage costs the memory of this statement alone.
  }
  return all
}
