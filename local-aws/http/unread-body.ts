// What becomes of a body that nobody wants any more: it is thrown away, so that the connection is not left in the middle of it.
import type { IncomingMessage } from 'node:http'

/** A client that is told no hears it only once it has sent what it was sending: so much, and so long, is waited for. */
const mostBytes = 64 * 1024 * 1024
const mostMs = 5_000

/** Reads the rest of a body and forgets it. Out: whether all of it came, within bounds; if not, close the connection. */
export function discardBody(request: IncomingMessage): Promise<boolean> {
  if (request.complete || request.destroyed) return Promise.resolve(request.complete)
  return new Promise((resolve) => {
    let bytes = 0
    const end = () => {
      clearTimeout(timer)
      request.off('data', count).off('end', end).off('close', end).off('error', end)
      // What comes after this is nobody's, but must not be thrown as an error that nobody hears.
      request.on('error', () => undefined)
      request.pause()
      resolve(request.complete)
    }
    const count = (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > mostBytes) end()
    }
    const timer = setTimeout(end, mostMs)
    request.on('data', count).on('end', end).on('close', end).on('error', end).resume()
  })
}
