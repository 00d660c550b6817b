// OffsetForLeaderEpoch: where the records of a leader epoch end, to detect a truncated log. https://kafka.apache.org/protocol#The_Messages_OffsetForLeaderEpoch
import { readByTopic, writeByTopic } from './by-topic.ts'
import type { Api, Call } from './call.ts'

export const leaderEpochsApi: Api = {
  key: 23,
  name: 'OffsetForLeaderEpoch',
  versions: [4, 4],
  flexibleFrom: 4,
}

export interface EpochQuestion {
  readonly topic: string
  readonly partition: number
  readonly currentLeaderEpoch: number
  /** The epoch whose end is requested. */
  readonly leaderEpoch: number
}

export interface EpochAnswer {
  readonly topic: string
  readonly partition: number
  readonly error: number
  /** The highest epoch in the log up to the requested one; -1: none. */
  readonly leaderEpoch: number
  /** The offset after the last record of that epoch; -1 if unknown. */
  readonly endOffset: number
}

export function leaderEpochsCall(version: number, questions: readonly EpochQuestion[]): Call<EpochAnswer[]> {
  return {
    api: leaderEpochsApi,
    version,
    encode: (writer) => {
      // -1: a client, not a replica.
      writer.int32(-1)
      writeByTopic(writer, questions, ({ partition, currentLeaderEpoch, leaderEpoch }) => {
        writer.int32(partition).int32(currentLeaderEpoch).int32(leaderEpoch)
      })
      writer.noTags()
    },
    decode: (reader) => {
      reader.int32()
      return readByTopic(reader, () => ({
        error: reader.int16(),
        partition: reader.int32(),
        leaderEpoch: reader.int32(),
        endOffset: reader.int64(),
      }))
    },
  }
}
