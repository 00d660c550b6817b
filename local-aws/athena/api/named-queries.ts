// Named queries: statements that a team keeps in its workgroup.
import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { Definitions } from '../engine/definitions.ts'
import { invalidInput, invalidRequest } from './errors.ts'
import { lookup } from './lookup.ts'
import type { Operations } from './request.ts'
import type { Workgroups } from './workgroups.ts'

export interface NamedQuery {
  readonly Name: string
  readonly Description?: string
  readonly Database: string
  readonly QueryString: string
  readonly NamedQueryId: string
  readonly WorkGroup: string
}

export function namedQueryOperations(stored: Definitions<NamedQuery>, workgroups: Workgroups): Operations {
  function existing(id: string): NamedQuery {
    const query = stored.find(id)
    if (!query) throw invalidInput(`NamedQuery ${id} was not found`)
    return query
  }

  return {
    CreateNamedQuery({ ClientRequestToken, ...given }) {
      const WorkGroup = workgroups.of(given.WorkGroup).Name
      const query = { ...given, WorkGroup, NamedQueryId: idOf(ClientRequestToken!) }
      const earlier = stored.find(query.NamedQueryId)
      if (earlier && !isDeepStrictEqual(earlier, query)) {
        throw invalidRequest('IDEMPOTENT_PARAMETER_MISMATCH', 'Idempotent parameters do not match')
      }
      if (!earlier) stored.add(WorkGroup, query.NamedQueryId, query)
      return { NamedQueryId: query.NamedQueryId }
    },
    GetNamedQuery: ({ NamedQueryId }) => ({ NamedQuery: existing(NamedQueryId) }),
    ListNamedQueries({ WorkGroup, ...page }) {
      const { items, next } = stored.page(workgroups.of(WorkGroup).Name, page)
      return { NamedQueryIds: items.map(({ NamedQueryId }) => NamedQueryId), ...next }
    },
    UpdateNamedQuery(given) {
      const before = existing(given.NamedQueryId)
      stored.change(before.WorkGroup, before.NamedQueryId, { ...before, ...given })
      return {}
    },
    DeleteNamedQuery(given) {
      // Required: only callers of an SDK may omit it, because the SDK generates one.
      const { WorkGroup, NamedQueryId } = existing(given.NamedQueryId!)
      stored.remove(WorkGroup, NamedQueryId)
      return {}
    },
    BatchGetNamedQuery({ NamedQueryIds }) {
      const { found, missing } = lookup(NamedQueryIds, stored.find)
      return {
        NamedQueries: found,
        UnprocessedNamedQueryIds: () =>
          missing.map((NamedQueryId) => ({
            NamedQueryId,
            ErrorCode: 'INVALID_INPUT',
            ErrorMessage: `NamedQuery ${NamedQueryId} was not found`,
          })),
      }
    },
  }
}

/** The id is derived from the token, so that a repeated request finds what the first one created. */
function idOf(token: string): string {
  const hash = createHash('sha256').update(token).digest('hex')
  return [
    hash.slice(0, 8),
    hash.slice(8, 12),
    hash.slice(12, 16),
    hash.slice(16, 20),
    hash.slice(20, 32),
  ].join('-')
}
