// What a request and its answer have in common, whichever API they are of.
import type { WireReader, WireWriter } from './wire.ts'

/** One request: how it is written, and how its answer is read. */
export interface Call<T> {
  readonly api: Api
  readonly version: number
  readonly encode: (writer: WireWriter) => void
  readonly decode: (reader: WireReader) => T
  /** The answer keeps parts of the response's memory: whoever has asked gives it back. */
  readonly retainsFrame?: boolean
}

export interface Api {
  readonly key: number
  readonly name: string
  /** The versions that this package speaks. */
  readonly versions: readonly [lowest: number, highest: number]
  /** From this version on, requests and responses have tagged fields, and so have their heads. */
  readonly flexibleFrom: number
}

/** The topic of a request or response: its name, or in newer versions its id. */
export interface TopicKey {
  readonly topic: string
  readonly topicId: string
}

/** The id of a topic where the broker knows none. */
export const noTopicId = '0'.repeat(32)
