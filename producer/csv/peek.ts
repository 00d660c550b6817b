// Reads the first bytes of a stream without taking them from its later reader.

export interface Peeked {
  /** What has been read so far. */
  readonly head: Buffer
  /** The whole stream, the head included; can be read once. */
  readonly chunks: AsyncIterable<Buffer>
}

/** @param isEnough whether the head suffices; a shorter stream gives all of it */
export async function peek(
  chunks: AsyncIterable<Buffer>,
  isEnough: (head: Buffer) => boolean,
): Promise<Peeked> {
  const iterator = chunks[Symbol.asyncIterator]()
  let head: Buffer = Buffer.alloc(0)
  let ended = false
  while (!ended && !isEnough(head)) {
    const next = await iterator.next()
    if (next.done) ended = true
    else head = head.length === 0 ? next.value : Buffer.concat([head, next.value])
  }
  return { head, chunks: all() }

  async function* all(): AsyncGenerator<Buffer> {
    try {
      if (head.length > 0) yield head
      while (!ended) {
        const next = await iterator.next()
        if (next.done) ended = true
        else yield next.value
      }
    } finally {
      if (!ended) await iterator.return?.()
    }
  }
}
