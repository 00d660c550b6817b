// What the readers of the lake ask of object storage; the catalog's Bucket and the consumer's store both answer it.

/** Reads of one bucket. Each method rejects when S3 gives no answer. */
export interface ObjectSource {
  /** The keys with this prefix, in order. */
  list(
    prefix: string,
    options?: { startAfter?: string; limit?: number },
  ): AsyncIterable<{ readonly key: string }>
  /** A small object, and its age where the bucket's clock tells it; undefined when there is none. */
  text(key: string): Promise<{ readonly text: string; readonly ageMs?: number | undefined } | undefined>
  exists(key: string): Promise<boolean>
}

/** The first key with this prefix; undefined when there is none. */
export async function firstKey(source: ObjectSource, prefix: string): Promise<string | undefined> {
  for await (const { key } of source.list(prefix, { limit: 1 })) return key
  return undefined
}
