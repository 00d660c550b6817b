// Athena for the campaign: queries as in the services, but without retries, which would hide failures.
import { AthenaClient } from '@aws-sdk/client-athena'
import { Athena } from '@ticklake/aws/athena.ts'
import type { Cell } from '@ticklake/aws/athena-csv.ts'
import { lakeConfig, s3Client } from '@ticklake/aws/config.ts'

const ANSWER_WITHIN_MS = 120_000

export interface CampaignAthena extends Disposable {
  /** Rows as text. @throws Failure with Athena's own message if the query fails */
  rows(sql: string): Promise<Cell[][]>
}

export function openAthena(env: Readonly<Record<string, string>>): CampaignAthena {
  const lake = lakeConfig(env)
  const client = new AthenaClient({ maxAttempts: 1 })
  const s3 = s3Client(lake)
  const athena = new Athena(client, s3, lake)
  return {
    rows: (sql) => athena.rows(sql, { timeoutMs: ANSWER_WITHIN_MS }),
    [Symbol.dispose]() {
      client.destroy()
      s3.destroy()
    },
  }
}
