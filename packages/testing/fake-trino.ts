// A Trino for tests: returns the pages of a script, so that it can die, stall or refuse at any moment.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface FakeEngine extends AsyncDisposable {
  readonly url: URL
  /** The statements that were posted. */
  readonly posted: string[]
  /** How many were cancelled. */
  cancelled: number
  die(): void
}

/** The answer to one GET; `die` cuts every connection and stops listening. */
export type ScriptPage = Record<string, unknown> | 'stall' | 'die' | 'forgotten'

const stats = {
  state: 'RUNNING',
  queuedTimeMillis: 1,
  elapsedTimeMillis: 5,
  planningTimeMillis: 2,
  physicalInputBytes: 7,
}

/** @param script the pages that answer a statement; the last one has no next page */
export async function startFakeEngine(script: (sql: string) => ScriptPage[]): Promise<FakeEngine> {
  const scripts: ScriptPage[][] = []
  const server: Server = createServer(async (request, response) => {
    if (request.method === 'DELETE') {
      engine.cancelled++
      return response.writeHead(204).end()
    }
    if (request.url === '/v1/info') return response.end('{"starting":false}')
    let id: number
    let page: ScriptPage
    let at = 0
    if (request.method === 'POST') {
      let sql = ''
      for await (const chunk of request) sql += chunk
      engine.posted.push(sql)
      id = scripts.push(script(sql)) - 1
      page = { stats: { ...stats, state: 'QUEUED' } }
    } else {
      const [, , query, token] = new URL(request.url!, 'http://x').pathname.split('/')
      id = Number(query)
      at = Number(token)
      // Other tests run beside this one: their pollers may ask a server that had this port before.
      page = scripts[id]?.[at - 1] ?? 'forgotten'
    }
    if (page === 'stall') return
    if (page === 'die') return engine.die()
    if (page === 'forgotten') return response.writeHead(404).end('Query not found')
    const hasNext = at < scripts[id]!.length && page.error === undefined
    const next = hasNext
      ? { nextUri: `${engine.url.origin}/${at === 0 ? 'queued' : 'executing'}/${id}/${at + 1}` }
      : {}
    response.end(JSON.stringify({ id: String(id), stats, ...next, ...page }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const engine: FakeEngine = {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    posted: [],
    cancelled: 0,
    die() {
      server.close()
      server.closeAllConnections()
    },
    async [Symbol.asyncDispose]() {
      engine.die()
    },
  }
  return engine
}

/** A column of a type without parameters. */
export function engineColumn(name: string, rawType: string): unknown {
  return { name, type: rawType, typeSignature: { rawType, arguments: [] } }
}
