// Asks Athena, as any client does.
import {
  AthenaClient,
  GetQueryExecutionCommand,
  GetQueryResultsCommand,
  StartQueryExecutionCommand,
} from '@aws-sdk/client-athena'

const POLL_MS = 100
const ANSWER_WITHIN_MS = 120_000

export class Athena implements Disposable {
  readonly #client: AthenaClient
  readonly #results: string

  constructor(env: Readonly<Record<string, string>>) {
    this.#client = new AthenaClient({ endpoint: env.AWS_ENDPOINT_URL!, maxAttempts: 1 })
    this.#results = `s3://${env.LAKE_BUCKET}/${env.LAKE_PREFIX}/_athena/`
  }

  /** Rows as text. @throws Error with Athena's own words when the query fails */
  async rows(sql: string): Promise<(string | undefined)[][]> {
    const { QueryExecutionId } = await this.#client.send(
      new StartQueryExecutionCommand({
        QueryString: sql,
        ResultConfiguration: { OutputLocation: this.#results },
      }),
    )
    await this.#succeeded(QueryExecutionId!)
    const rows: (string | undefined)[][] = []
    let NextToken: string | undefined
    do {
      const page = await this.#client.send(
        new GetQueryResultsCommand({ QueryExecutionId, ...(NextToken && { NextToken }) }),
      )
      for (const { Data } of page.ResultSet?.Rows ?? []) rows.push(Data!.map((cell) => cell.VarCharValue))
      NextToken = page.NextToken
    } while (NextToken)
    // The first one is the header.
    return rows.slice(1)
  }

  async #succeeded(QueryExecutionId: string): Promise<void> {
    for (const deadline = performance.now() + ANSWER_WITHIN_MS; ; ) {
      const { QueryExecution } = await this.#client.send(new GetQueryExecutionCommand({ QueryExecutionId }))
      const status = QueryExecution?.Status
      if (status?.State === 'SUCCEEDED') return
      if (status?.State === 'FAILED' || status?.State === 'CANCELLED')
        throw new Error(status.StateChangeReason)
      if (performance.now() > deadline) throw new Error(`no answer in ${ANSWER_WITHIN_MS} ms`)
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    }
  }

  [Symbol.dispose](): void {
    this.#client.destroy()
  }
}
