// For tests without servers: the consumer's object store as a Map of texts. Entity tags are the texts themselves.
import type { ObjectStore } from '@ticklake/consumer/s3.ts'

export interface MemoryStore extends ObjectStore {
  readonly objects: Map<string, string>
}

/** @param objects what is stored; a test may read and change it */
export function memoryStore(objects: Map<string, string> = new Map()): MemoryStore {
  return {
    objects,
    async putIfAbsent(key, body) {
      if (objects.has(key)) return 'exists'
      objects.set(key, Buffer.from(body).toString())
      return 'stored'
    },
    async replace(key, body, _contentType, etag) {
      if (objects.get(key) !== etag) return 'changed'
      objects.set(key, body)
      return 'stored'
    },
    async text(key) {
      const text = objects.get(key)
      return text === undefined ? undefined : { text, etag: text }
    },
    exists: async (key) => objects.has(key),
    async *list(prefix, { startAfter = '', limit = Number.POSITIVE_INFINITY } = {}) {
      const keys = [...objects.keys()].filter((key) => key.startsWith(prefix) && key > startAfter)
      for (const key of keys.sort().slice(0, limit)) yield { key }
    },
  }
}
