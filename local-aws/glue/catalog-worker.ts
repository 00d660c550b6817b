// The thread that owns the catalog's files: one request after the other, answers by id.
import { parentPort, workerData } from 'node:worker_threads'
import { GlueError } from './errors.ts'
import { Catalog } from './operations.ts'

const catalog = new Catalog(workerData)

parentPort!.on(
  'message',
  (message: { close: true } | { id: number; operation: string; request: unknown }) => {
    if ('close' in message) {
      catalog.close()
      parentPort!.close()
      return
    }
    const { id, operation, request } = message
    try {
      parentPort!.postMessage({ id, answer: operation === '' ? {} : catalog.answer(operation, request) })
    } catch (error) {
      const type = error instanceof GlueError ? error.type : ''
      parentPort!.postMessage({ id, error: { type, message: (error as Error).message } })
    }
  },
)
