// The object storage interface of the lake's readers; the catalog's Bucket and the consumer's store implement it.

/** Reads of one bucket. Each method rejects if S3 does not answer. */
export interface ObjectSource {
  /** The keys with this prefix, in order. */
  list(
    prefix: string,
    options?: { startAfter?: string; limit?: number },
  ): AsyncIterable<{ readonly key: string }>
  /** A small object, and its age if the bucket's clock says; undefined if it does not exist. */
  text(key: string): Promise<{ readonly text: string; readonly ageMs?: number | undefined } | undefined>
  exists(key: string): Promise<boolean>
}

/** The first key with this prefix; undefined if there is none. */
export async function firstKey(source: ObjectSource, prefix: string): Promise<string | undefined> {
  for await (const { key } of source.list(prefix, { limit: 1 })) return key
  return undefined
}
