// The requirements of a commit in Iceberg's REST protocol: what the table must still be like.
import type { TableMetadata } from './metadata.ts'
import { isSameId } from './updates.ts'

type Id = number | bigint

export type Requirement =
  | { readonly type: 'assert-create' }
  | { readonly type: 'assert-table-uuid'; readonly uuid: string }
  | { readonly type: 'assert-ref-snapshot-id'; readonly ref: string; readonly 'snapshot-id'?: Id | null }
  | { readonly type: 'assert-last-assigned-field-id'; readonly 'last-assigned-field-id': number }
  | { readonly type: 'assert-current-schema-id'; readonly 'current-schema-id': number }
  | { readonly type: 'assert-last-assigned-partition-id'; readonly 'last-assigned-partition-id': number }
  | { readonly type: 'assert-default-spec-id'; readonly 'default-spec-id': number }
  | { readonly type: 'assert-default-sort-order-id'; readonly 'default-sort-order-id': number }

/** Why a table does not meet them; undefined if it does. */
export function unmet(metadata: TableMetadata, requirement: Requirement): string | undefined {
  switch (requirement.type) {
    case 'assert-create':
      return 'Requirement failed: table already exists'
    case 'assert-table-uuid':
      return differs('UUID', metadata['table-uuid'], requirement.uuid)
    case 'assert-ref-snapshot-id': {
      const { ref, 'snapshot-id': wanted } = requirement
      const found = metadata.refs?.[ref]?.['snapshot-id']
      if (found === undefined && (wanted === undefined || wanted === null)) return undefined
      if (found !== undefined && isSameId(found, wanted)) return undefined
      if (found === undefined)
        return `Requirement failed: branch or tag ${ref} is missing, expected ${wanted}`
      return wanted === undefined || wanted === null
        ? `Requirement failed: branch or tag ${ref} was created concurrently`
        : `Requirement failed: branch or tag ${ref} has changed: expected id ${wanted} != ${found}`
    }
    case 'assert-last-assigned-field-id':
      return differs(
        'last assigned field id',
        metadata['last-column-id'],
        requirement['last-assigned-field-id'],
      )
    case 'assert-current-schema-id':
      return differs('current schema', metadata['current-schema-id'], requirement['current-schema-id'])
    case 'assert-last-assigned-partition-id':
      return differs(
        'last assigned partition id',
        metadata['last-partition-id'],
        requirement['last-assigned-partition-id'],
      )
    case 'assert-default-spec-id':
      return differs('default partition spec', metadata['default-spec-id'], requirement['default-spec-id'])
    case 'assert-default-sort-order-id':
      return differs(
        'default sort order',
        metadata['default-sort-order-id'],
        requirement['default-sort-order-id'],
      )
    default:
      return `Requirement failed: unknown requirement ${String((requirement as { type: unknown }).type)}`
  }
}

function differs(what: string, found: unknown, expected: unknown): string | undefined {
  return found === expected
    ? undefined
    : `Requirement failed: ${what} changed: expected ${expected} != ${found}`
}
