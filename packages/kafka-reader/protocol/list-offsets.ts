// ListOffsets: the first and last offset of a partition, and the first at or after a time. https://kafka.apache.org/protocol#The_Messages_ListOffsets
import { readByTopic, writeByTopic } from './by-topic.ts'
import type { Api, Call } from './call.ts'

export const listOffsetsApi: Api = { key: 2, name: 'ListOffsets', versions: [6, 7], flexibleFrom: 6 }

/** What can be requested instead of a time. */
export const latest = -1
export const earliest = -2

export interface OffsetQuestion {
  readonly topic: string
  readonly partition: number
  /** -1 if unknown. */
  readonly currentLeaderEpoch: number
  /** Milliseconds, `latest` or `earliest`. */
  readonly timestamp: number
}

export interface OffsetAnswer {
  readonly topic: string
  readonly partition: number
  readonly error: number
  /** Of the record that was found; -1: none. */
  readonly timestamp: number
  /** -1: no record is that recent. */
  readonly offset: number
  readonly leaderEpoch: number
}

/** With `readCommitted` the end is the last stable offset. */
export function listOffsetsCall(
  version: number,
  readCommitted: boolean,
  questions: readonly OffsetQuestion[],
): Call<OffsetAnswer[]> {
  return {
    api: listOffsetsApi,
    version,
    encode: (writer) => {
      writer.int32(-1).int8(readCommitted ? 1 : 0)
      writeByTopic(writer, questions, ({ partition, currentLeaderEpoch, timestamp }) => {
        writer.int32(partition).int32(currentLeaderEpoch).int64(timestamp)
      })
      writer.noTags()
    },
    decode: (reader) => {
      reader.int32()
      return readByTopic(reader, () => ({
        partition: reader.int32(),
        error: reader.int16(),
        timestamp: reader.int64(),
        offset: reader.int64(),
        leaderEpoch: reader.int32(),
      }))
    },
  }
}
