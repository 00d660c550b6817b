// Keeps results in memory for clients that will soon request their pages: a page from S3 takes milliseconds more.

/** Results up to this size stay until newer ones need the space. */
const smallBytes = 64 * 1024
/** Larger ones stay until their last page is read, and no longer than this. */
const mostMs = 60_000
/** The total of all results. */
const mostBytes = 16 * 1024 * 1024

export interface BodyCache {
  add(id: string, body: Buffer): void
  get(id: string): Buffer | undefined
  /** Called when its last page was read. */
  wasRead(id: string): void
}

export function makeBodyCache(): BodyCache {
  const bodies = new Map<string, Buffer>()
  let bytes = 0

  function drop(id: string): void {
    bytes -= bodies.get(id)?.length ?? 0
    bodies.delete(id)
  }

  function dropLarge(id: string): void {
    if ((bodies.get(id)?.length ?? 0) > smallBytes) drop(id)
  }

  return {
    add(id, body) {
      drop(id)
      bodies.set(id, body)
      bytes += body.length
      for (const oldest of bodies.keys()) {
        if (bytes <= mostBytes) break
        drop(oldest)
      }
      if (body.length > smallBytes) setTimeout(() => dropLarge(id), mostMs).unref()
    },
    get: (id) => bodies.get(id),
    wasRead: dropLarge,
  }
}
