// Trino without local-aws in front of it: the other contender of the benchmark.
import { trinoHeaders } from '@ticklake/runtime/engine-secret.ts'

export interface TrinoServer {
  readonly url: string
  readonly secret: string
  readonly schema: string
}

/** Runs a statement to its end and reads all of its rows. Out: their number. */
export async function followTrino({ url, secret, schema }: TrinoServer, sql: string): Promise<number> {
  const headers = {
    ...trinoHeaders('bench', secret),
    'X-Trino-Catalog': 'awsdatacatalog',
    'X-Trino-Schema': schema,
  }
  let rows = 0
  let next: URL | undefined = new URL('/v1/statement', url)
  let init: RequestInit = { method: 'POST', body: sql, headers }
  while (next !== undefined) {
    const page = (await (await fetch(next, init)).json()) as TrinoPage
    if (page.error !== undefined) throw new Error(page.error.message)
    rows += page.data?.length ?? 0
    // Trino treats the connection as encrypted, and builds the link to the next page accordingly.
    next = page.nextUri === undefined ? undefined : new URL(new URL(page.nextUri).pathname, url)
    init = { headers }
  }
  return rows
}

interface TrinoPage {
  readonly data?: readonly unknown[]
  readonly nextUri?: string
  readonly error?: { readonly message: string }
}
