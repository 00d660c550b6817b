// Opens the dashboard's port; `catalog serve` does not start without it.
import { Failure, reasonOf } from '@ticklake/runtime/errors.ts'
import type { FastifyInstance } from 'fastify'

/** Opens the port, or closes the server. @throws Failure PAGE_PORT_TAKEN */
export async function listen(app: FastifyInstance, host: string, port: number): Promise<void> {
  try {
    await app.listen({ host, port })
  } catch (error) {
    await app.close()
    throw new Failure({
      code: 'PAGE_PORT_TAKEN',
      what: `the dashboard cannot listen on ${host}:${port}; nothing was started`,
      why: reasonOf(error),
      remedy: 'free the port, or set CATALOG_PAGE_PORT (0 picks a free one)',
      cause: error,
    })
  }
}
