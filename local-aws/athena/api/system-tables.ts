// Athena's system tables (an account's own record of its queries) do not exist here: every operation is refused.
import { AwsError } from '../../http/aws-error.ts'
import type { Operations } from './request.ts'

const configurationOperations = ['Create', 'Delete', 'Get', 'Update'].map(
  (verb) => `${verb}SystemTableConfiguration`,
)

/** Each operation answers as AWS does to an account whose policies do not allow it. */
export const systemTableOperations = (accountId: string): Operations =>
  Object.fromEntries(
    [...configurationOperations, 'ListSystemTableStatuses'].map((name) => [
      name,
      () => {
        throw new AwsError(
          'AccessDeniedException',
          `User: arn:aws:iam::${accountId}:root is not authorized to perform: athena:${name} because this endpoint has no system tables`,
        )
      },
    ]),
  )
