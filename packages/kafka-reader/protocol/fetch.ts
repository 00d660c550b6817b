// Fetch: record batches of many partitions; by topic id from version 13, by name before. https://kafka.apache.org/protocol#The_Messages_Fetch
import type { Api, Call, TopicKey } from './call.ts'

export const fetchApi: Api = { key: 1, name: 'Fetch', versions: [12, 17], flexibleFrom: 12 }
/** The first version that names topics by their id. */
export const fetchByIdFrom = 13

export interface FetchRequest {
  readonly maxWaitMs: number
  readonly minBytes: number
  readonly maxBytes: number
  readonly readCommitted: boolean
  /** 0 and -1: no session; 0 and 0: start one. */
  readonly sessionId: number
  readonly sessionEpoch: number
  readonly partitions: readonly FetchPartition[]
  readonly forgotten: readonly (TopicKey & { readonly partition: number })[]
  /** Empty: the leader names no other replica. */
  readonly rack: string
}

export interface FetchPartition extends TopicKey {
  readonly partition: number
  readonly currentLeaderEpoch: number
  readonly offset: number
  /** The leader epoch of the record before `offset`, -1 if unknown: with it the broker detects a truncated log. */
  readonly lastFetchedEpoch: number
  readonly maxBytes: number
}

export interface FetchResponse {
  readonly throttleMs: number
  readonly error: number
  readonly sessionId: number
  readonly partitions: readonly FetchedPartition[]
  /** The response's memory, which contains the records from `recordsStart` to `recordsEnd`. */
  readonly buffer: Buffer
}

export interface FetchedPartition {
  /** The topic's id; before version 13 its name. */
  readonly topicKey: string
  readonly partition: number
  readonly error: number
  readonly highWatermark: number
  readonly lastStableOffset: number
  readonly logStartOffset: number
  readonly aborted: readonly AbortedTransaction[]
  /** A replica to read from instead; -1: none. */
  readonly preferredReplica: number
  readonly recordsStart: number
  readonly recordsEnd: number
  /** Set if the log does not contain the requested epoch and offset. */
  readonly diverging: { readonly epoch: number; readonly endOffset: number } | undefined
}

export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
}

export function topicKeyOf(version: number, { topic, topicId }: TopicKey): string {
  return version >= fetchByIdFrom ? topicId : topic
}

export function fetchCall(version: number, request: FetchRequest): Call<FetchResponse> {
  const byId = version >= fetchByIdFrom
  return {
    api: fetchApi,
    version,
    retainsFrame: true,
    encode: (writer) => {
      const topicOf = ({ topic, topicId }: TopicKey) =>
        byId ? writer.uuid(topicId) : writer.compactString(topic)
      if (version <= 14) writer.int32(-1)
      writer.int32(request.maxWaitMs).int32(request.minBytes).int32(request.maxBytes)
      writer
        .int8(request.readCommitted ? 1 : 0)
        .int32(request.sessionId)
        .int32(request.sessionEpoch)
      writer.compactArray(runsOfOneTopic(request.partitions), (run) => {
        topicOf(run[0]!)
        writer.compactArray(run, (wanted) => {
          writer.int32(wanted.partition).int32(wanted.currentLeaderEpoch).int64(wanted.offset)
          writer.int32(wanted.lastFetchedEpoch).int64(-1).int32(wanted.maxBytes).noTags()
        })
        writer.noTags()
      })
      writer.compactArray(runsOfOneTopic(request.forgotten), (run) => {
        topicOf(run[0]!)
        writer.compactArray(run, ({ partition }) => writer.int32(partition)).noTags()
      })
      writer.compactString(request.rack).noTags()
    },
    decode: (reader) => {
      const throttleMs = reader.int32()
      const error = reader.int16()
      const sessionId = reader.int32()
      const partitions: FetchedPartition[] = []
      reader.compactArray(() => {
        const topicKey = byId ? reader.uuid() : (reader.compactString() ?? '')
        reader.compactArray(() => {
          const partition = reader.int32()
          const partitionError = reader.int16()
          const highWatermark = reader.int64()
          const lastStableOffset = reader.int64()
          const logStartOffset = reader.int64()
          const aborted = reader.compactArray(() => {
            const transaction = { producerId: reader.int64(), firstOffset: reader.int64() }
            reader.tags()
            return transaction
          })
          const preferredReplica = reader.int32()
          const recordsLength = Math.max(reader.unsignedVarint() - 1, 0)
          const recordsStart = reader.skip(recordsLength)
          let diverging: { epoch: number; endOffset: number } | undefined
          reader.tags((tag) => {
            if (tag === 0) diverging = { epoch: reader.int32(), endOffset: reader.int64() }
          })
          partitions.push({
            topicKey,
            partition,
            error: partitionError,
            highWatermark,
            lastStableOffset,
            logStartOffset,
            aborted,
            preferredReplica,
            recordsStart,
            recordsEnd: recordsStart + recordsLength,
            diverging,
          })
        })
        reader.tags()
      })
      return { throttleMs, error, sessionId, partitions, buffer: reader.buffer }
    },
  }
}

/** Groups adjacent partitions of a topic, and keeps the order of partitions: responses are filled in that order. */
function runsOfOneTopic<T extends TopicKey>(partitions: readonly T[]): T[][] {
  const runs: T[][] = []
  for (const wanted of partitions) {
    const run = runs.at(-1)
    if (run && run[0]!.topicId === wanted.topicId && run[0]!.topic === wanted.topic) run.push(wanted)
    else runs.push([wanted])
  }
  return runs
}
