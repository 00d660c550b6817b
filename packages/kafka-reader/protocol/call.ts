// What the requests and responses of all APIs have in common.
import type { WireReader, WireWriter } from './wire.ts'

/** One request: how it is written, and how its response is read. */
export interface Call<T> {
  readonly api: Api
  readonly version: number
  readonly encode: (writer: WireWriter) => void
  readonly decode: (reader: WireReader) => T
  /** The result refers to the response's memory: the caller releases it. */
  readonly retainsFrame?: boolean
}

export interface Api {
  readonly key: number
  readonly name: string
  /** The versions that this package supports. */
  readonly versions: readonly [lowest: number, highest: number]
  /** From this version on, requests, responses and their headers have tagged fields. */
  readonly flexibleFrom: number
}

/** The topic of a request or response: its name, in newer versions its id. */
export interface TopicKey {
  readonly topic: string
  readonly topicId: string
}

/** The id of a topic that has none at the broker. */
export const noTopicId = '0'.repeat(32)
