// Resource policies of the catalog: stored with their hash, shown, and never applied.
import { createHash } from 'node:crypto'
import { GlueError, invalidInput } from '../api/errors.ts'
import { pageOf, startAfter } from '../api/page.ts'
import type { Handlers } from '../api/request.ts'
import { arnOf, type CatalogContext, nowSeconds } from './context.ts'

interface Row {
  arn: string
  hash: string
  created: number
  updated: number
  policy: string
}

export function resourcePolicyOperations(context: CatalogContext): Handlers {
  const { store } = context
  const root = arnOf(context, 'catalog')
  const find = (arn = root) => store.one<Row>('SELECT * FROM resource_policies WHERE arn = ?', arn)
  const shown = (row: Row) => ({
    PolicyInJson: row.policy,
    PolicyHash: row.hash,
    CreateTime: row.created,
    UpdateTime: row.updated,
  })
  const checkHash = (row: Row | undefined, hash: string | undefined) => {
    if (hash === undefined || hash === row?.hash) return
    throw new GlueError(
      'ConditionCheckFailureException',
      'The policy hash does not match the current policy.',
    )
  }
  const policyNotFound = () => new GlueError('EntityNotFoundException', 'Policy not found')

  return {
    PutResourcePolicy({
      PolicyInJson,
      ResourceArn = root,
      PolicyHashCondition,
      PolicyExistsCondition = 'NONE',
    }: {
      PolicyInJson: string
      ResourceArn?: string
      PolicyHashCondition?: string
      PolicyExistsCondition?: string
    }) {
      checkPolicy(PolicyInJson)
      const row = find(ResourceArn)
      checkHash(row, PolicyHashCondition)
      if (PolicyExistsCondition === 'MUST_EXIST' && !row) throw policyNotFound()
      if (PolicyExistsCondition === 'NOT_EXIST' && row) {
        throw new GlueError('ConditionCheckFailureException', 'A resource policy exists already.')
      }
      const PolicyHash = createHash('sha256').update(PolicyInJson).digest('base64')
      const now = nowSeconds()
      store.run(
        'INSERT OR REPLACE INTO resource_policies (arn, hash, created, updated, policy) VALUES (?, ?, ?, ?, ?)',
        ResourceArn,
        PolicyHash,
        row?.created ?? now,
        now,
        PolicyInJson,
      )
      return { PolicyHash }
    },

    GetResourcePolicy({ ResourceArn }: { ResourceArn?: string }) {
      const row = find(ResourceArn)
      if (!row) throw policyNotFound()
      return shown(row)
    },

    GetResourcePolicies({ NextToken, MaxResults = 100 }: { NextToken?: string; MaxResults?: number }) {
      const all = store.all<Row>(
        'SELECT * FROM resource_policies WHERE arn > ? ORDER BY arn LIMIT ?',
        startAfter(NextToken) ?? '',
        MaxResults + 1,
      )
      const { rows, next } = pageOf(all, MaxResults, ({ arn }) => arn)
      return { GetResourcePoliciesResponseList: rows.map(shown), ...next }
    },

    DeleteResourcePolicy({
      ResourceArn,
      PolicyHashCondition,
    }: {
      ResourceArn?: string
      PolicyHashCondition?: string
    }) {
      const row = find(ResourceArn)
      if (!row) throw policyNotFound()
      checkHash(row, PolicyHashCondition)
      store.run('DELETE FROM resource_policies WHERE arn = ?', row.arn)
      return {}
    },
  }
}

function checkPolicy(text: string): void {
  try {
    const policy: unknown = JSON.parse(text)
    if (typeof policy === 'object' && policy !== null && 'Statement' in policy) return
  } catch {
    // reported below
  }
  throw invalidInput('Policy is not valid JSON, or has no Statement')
}
