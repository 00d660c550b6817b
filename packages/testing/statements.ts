// What Athena runs and has run lately, for tests that wait for a statement that something else has started.
import {
  AthenaClient,
  BatchGetQueryExecutionCommand,
  ListQueryExecutionsCommand,
  type QueryExecution,
} from '@aws-sdk/client-athena'

/** The newest 50 statements, whoever started them: other tests run at the same time. */
export async function newestStatements(): Promise<QueryExecution[]> {
  const athena = new AthenaClient({})
  const { QueryExecutionIds } = await athena.send(new ListQueryExecutionsCommand({ MaxResults: 50 }))
  if (!QueryExecutionIds?.length) return []
  const { QueryExecutions } = await athena.send(new BatchGetQueryExecutionCommand({ QueryExecutionIds }))
  return QueryExecutions ?? []
}
