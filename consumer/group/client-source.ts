// Records from the Confluent client, which makes an object for each (CONSUMER_READER=client).

import type { ClientBatch, GroupClient } from './kafka.ts'
import type { Batch, RecordSource } from './record-source.ts'

/** Reads with the client that is the group member. */
export function clientSource(client: GroupClient): RecordSource {
  return {
    assign: (starts) => client.assign(starts),
    unassign: (partitions) => client.unassign(partitions),
    poll: async () => batchOf(await client.consume()),
    highWatermark: (partition) => client.knownEnd(partition),
    watch: (onFailed) => client.watchProgress(onFailed),
    close: async () => {},
  }
}

function batchOf({ messages, ends }: ClientBatch): Batch {
  return {
    count: messages.length,
    deliver: (sinkOf) => {
      for (const message of messages) sinkOf(message.partition)?.push(message)
      for (const { partition, offset } of ends) sinkOf(partition)?.reachedEnd(offset)
    },
  }
}
