// One exchange of AWS's JSON protocol: the body of a request, and the answer with its headers.
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { AwsError } from './aws-error.ts'
import { browserHeaders } from './browser-headers.ts'
import type { JsonPiece } from './json-answer.ts'
import { discardBody } from './unread-body.ts'

export interface JsonAnswer {
  readonly status: number
  /** The whole answer, or its pieces. */
  readonly text: string | AsyncIterable<JsonPiece>
}

/**
 * Sends the answer. If the request was not read completely, the connection is closed: the next request would begin in
 * the middle of its body.
 */
export async function sendText(
  request: IncomingMessage,
  response: ServerResponse,
  { status, text }: JsonAnswer,
): Promise<void> {
  if (typeof text !== 'string') return sendPieces(response, status, text)
  if (request.complete) {
    response.writeHead(status, jsonHeaders(text)).end(text)
    return
  }
  response.writeHead(status, { ...jsonHeaders(text), connection: 'close' }).write(text)
  await discardBody(request)
  response.end()
}

/** An answer of one piece has a Content-Length, like the answers of AWS. */
async function sendPieces(
  response: ServerResponse,
  status: number,
  pieces: AsyncIterable<JsonPiece>,
): Promise<void> {
  const each = pieces[Symbol.asyncIterator]()
  const first = await each.next()
  const second = first.done ? first : await each.next()
  const text = first.done ? '' : first.value
  if (second.done) {
    response.writeHead(status, jsonHeaders(text)).end(text)
    return
  }
  response.writeHead(status, jsonHeaders())
  for (const piece of [text, second.value]) await written(response, piece)
  for (let piece = await each.next(); !piece.done; piece = await each.next()) {
    if (response.destroyed) return
    await written(response, piece.value)
  }
  response.end()
}

/** Waits for a client that reads slowly. */
async function written(response: ServerResponse, piece: JsonPiece): Promise<void> {
  if (response.write(piece) || response.destroyed) return
  await new Promise<void>((resolve) => {
    const go = () => {
      response.off('drain', go).off('close', go)
      resolve()
    }
    response.on('drain', go).on('close', go)
  })
}

export function jsonHeaders(text?: JsonPiece): Record<string, string | number> {
  return {
    'content-type': 'application/x-amz-json-1.1',
    ...(text === undefined ? {} : { 'content-length': Buffer.byteLength(text) }),
    'x-amzn-requestid': randomUUID(),
    ...browserHeaders,
  }
}

/** The body as text. @throws AwsError if it is too large: the rest of it is not read */
export function readBody(request: IncomingMessage, mostBytes: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const refuse = () => {
      request.off('data', take).pause()
      const message = `A request has at most ${mostBytes} bytes`
      reject(new AwsError('RequestEntityTooLargeException', message, {}, 413))
    }
    const chunks: Buffer[] = []
    let bytes = 0
    const take = (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > mostBytes) refuse()
      else chunks.push(chunk)
    }
    request.on('error', reject)
    if (Number(request.headers['content-length']) > mostBytes) return refuse()
    request.on('data', take).on('end', () => resolve(Buffer.concat(chunks).toString('utf8')))
  })
}
