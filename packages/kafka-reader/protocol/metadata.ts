// Metadata: the brokers, and the leader of each partition. https://kafka.apache.org/protocol#The_Messages_Metadata
import { type Api, type Call, noTopicId } from './call.ts'

export const metadataApi: Api = { key: 3, name: 'Metadata', versions: [9, 12], flexibleFrom: 9 }

export interface Metadata {
  readonly brokers: readonly Broker[]
  readonly topics: readonly TopicMetadata[]
}

export interface Broker {
  readonly nodeId: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
}

export interface TopicMetadata {
  /** The protocol's error code; 0: no error. */
  readonly error: number
  readonly topic: string
  /** 32 hex digits; zeros if the broker has none. */
  readonly topicId: string
  readonly partitions: readonly PartitionMetadata[]
}

export interface PartitionMetadata {
  readonly error: number
  readonly partition: number
  /** -1: it has no leader at the moment. */
  readonly leader: number
  readonly leaderEpoch: number
  readonly replicas: readonly number[]
  readonly inSyncReplicas: readonly number[]
}

/** Requests these topics, and creates none. */
export function metadataCall(version: number, topics: readonly string[]): Call<Metadata> {
  return {
    api: metadataApi,
    version,
    encode: (writer) => {
      writer.compactArray(topics, (topic) => {
        if (version >= 10) writer.uuid(noTopicId)
        writer.compactString(topic).noTags()
      })
      writer.boolean(false)
      if (version <= 10) writer.boolean(false)
      writer.boolean(false).noTags()
    },
    decode: (reader) => {
      reader.int32()
      const brokers = reader.compactArray(() => {
        const broker = {
          nodeId: reader.int32(),
          host: reader.compactString() ?? '',
          port: reader.int32(),
          rack: reader.compactString(),
        }
        reader.tags()
        return broker
      })
      reader.compactString()
      reader.int32()
      const described = reader.compactArray(() => {
        const error = reader.int16()
        const topic = reader.compactString() ?? ''
        const topicId = version >= 10 ? reader.uuid() : noTopicId
        reader.boolean()
        const partitions = reader.compactArray(() => {
          const partition = {
            error: reader.int16(),
            partition: reader.int32(),
            leader: reader.int32(),
            leaderEpoch: reader.int32(),
            replicas: reader.compactArray(() => reader.int32()),
            inSyncReplicas: reader.compactArray(() => reader.int32()),
          }
          reader.compactArray(() => reader.int32())
          reader.tags()
          return partition
        })
        reader.int32()
        reader.tags()
        return { error, topic, topicId, partitions }
      })
      return { brokers, topics: described }
    },
  }
}
