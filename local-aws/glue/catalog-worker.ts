// The thread that owns the catalog's files: handles one request after the other, and answers by id.
import { parentPort, workerData } from 'node:worker_threads'
import { requestObject, unreadableRequest } from '../http/request-json.ts'
import { GlueError } from './api/errors.ts'
import { longsFromJson, withRawLongs } from './api/long-json.ts'
import { logsPrefix } from './api/service.ts'
import { Catalog } from './operations.ts'

/** A request of this process is a value; one from a client is JSON, which is parsed and written here. */
type Message =
  | { close: true }
  | { id: number; operation: string; request: unknown }
  | { id: number; operation: string; json: string }

const catalog = new Catalog(workerData)

parentPort!.on('message', (message: Message) => {
  if ('close' in message) {
    catalog.close()
    parentPort!.close()
    return
  }
  const { id } = message
  try {
    parentPort!.postMessage({ id, answer: answer(message) })
  } catch (error) {
    const type = error instanceof GlueError ? error.type : ''
    parentPort!.postMessage({ id, error: { type, message: (error as Error).message } })
  }
})

function answer(message: Exclude<Message, { close: true }>): unknown {
  const { operation } = message
  if (operation === '') return {}
  if ('request' in message) return catalog.answer(operation, message.request)
  if (operation.startsWith(logsPrefix)) {
    const name = operation.slice(logsPrefix.length)
    return JSON.stringify(catalog.answerLogs(name, parsed(name, message.json)))
  }
  const found = catalog.answer(operation, parsed(operation, message.json))
  return JSON.stringify(holdsLongs(operation) ? withRawLongs(found) : found)
}

/** Only statistics hold integers beyond 2^53: the lowest and the highest value of a bigint column. */
function holdsLongs(operation: string): boolean {
  return operation.includes('ColumnStatistics')
}

/** @throws GlueError SerializationException */
function parsed(operation: string, json: string): object {
  const body = requestObject(json, holdsLongs(operation) ? longsFromJson : JSON.parse)
  if (!body) throw new GlueError('SerializationException', unreadableRequest)
  return body
}
