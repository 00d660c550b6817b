// Expires old queries: a count each second for hours must not fill the history and the bucket.
import { reasonOf } from '@ticklake/runtime/errors.ts'
import type { Events } from '../../events.ts'
import { outputLocation, resultLayout } from '../api/query.ts'
import type { ResultObjects } from '../results/s3.ts'
import type { History } from './history.ts'

export interface ExpiryParts {
  readonly history: History
  readonly objects: ResultObjects
  readonly events: Events
  readonly keepResults: boolean
}

/**
 * Removes finished queries older than a time from the history, except the newest, which are always kept, and deletes
 * their result objects (`<id>.csv`, `<id>.txt`, `.metadata`) unless those are to be kept. What INSERT or CTAS wrote is
 * data and is never deleted. When S3 does not answer, the queries stay until the next time. Never throws.
 */
export async function expireQueries(parts: ExpiryParts, beforeMs: number): Promise<void> {
  const { history, objects, events, keepResults } = parts
  try {
    for (;;) {
      const old = history.expired(beforeMs, 500)
      if (old.length === 0) return
      // A result that a newer query reuses is deleted with that query.
      const sources = history.reusedBy(old.map(({ id }) => id))
      const results = old
        .filter((query) => query.state === 'SUCCEEDED' && resultLayout(query) !== 'none')
        .filter(({ id, reused }) => !sources.has(reused?.id ?? id))
        .map(outputLocation)
      if (!keepResults) await objects.remove(results.flatMap((uri) => [uri, `${uri}.metadata`]))
      history.forget(old.map((query) => query.id))
      events.queriesExpired(old.length)
    }
  } catch (error) {
    events.expiryFailed(reasonOf(error))
  }
}
