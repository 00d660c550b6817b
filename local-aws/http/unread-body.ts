// Discards a body that nobody reads, so that the connection does not stay in the middle of it.
import type { IncomingMessage } from 'node:http'

/** A client sees a refusal only once it has sent what it was sending: this many bytes, and this long, are waited for. */
const mostBytes = 64 * 1024 * 1024
const mostMs = 5_000

/** Reads the rest of a body and discards it. Out: whether all came, within bounds; if not, close the connection. */
export function discardBody(request: IncomingMessage): Promise<boolean> {
  if (request.complete || request.destroyed) return Promise.resolve(request.complete)
  return new Promise((resolve) => {
    let bytes = 0
    const end = () => {
      clearTimeout(timer)
      request.off('data', count).off('end', end).off('close', end).off('error', end)
      // Later errors concern nobody, but without a listener they would be thrown.
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
