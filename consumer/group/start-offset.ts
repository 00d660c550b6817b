// Where reading a partition starts: at its landed offset, if Kafka's watermarks and commits agree with it.
import { Failure } from '@ticklake/runtime/errors.ts'
import type { PartitionWriter } from '../claims/partition-writer.ts'
import type { ConsumerConfig } from '../config.ts'
import type { ConsumerEvents } from '../events.ts'
import { untilDone } from '../retry.ts'
import type { GroupClient } from './kafka.ts'
import { type StoredStartPoint, startPointText } from './start-point.ts'

/**
 * Recovers the partition's chain and checks it against Kafka.
 * @param startPoint where a partition without claims starts in the open dataset; a claim skips what is before it
 * @returns the offset to read from, in the lake; Kafka's is lower by the writer's shift
 * @throws Failure RECORDS_LOST_TO_RETENTION, COMMITTED_BEYOND_CLAIMS, TOPIC_TRUNCATED, BEGINNING_UNREADABLE; Aborted
 */
export async function startOffset(
  writer: PartitionWriter,
  partition: number,
  client: Pick<GroupClient, 'watermarks' | 'committed' | 'offsetAt'>,
  config: Pick<ConsumerConfig, 'onRetentionLoss' | 'groupId'>,
  events: ConsumerEvents,
  startPoint?: StoredStartPoint,
): Promise<number> {
  const ask = <T>(attempt: string, question: () => Promise<T>) =>
    untilDone(attempt, events, writer.signal, question)
  await writer.confirmTopic()
  // Asked before the claims are read: the partition's last owner may still claim and commit, and its commit would be
  // beyond claims read earlier.
  const committed = await ask('query_committed', () => client.committed(partition))
  let from = await writer.recover()
  const watermarks = await ask('query_watermarks', () => client.watermarks(partition))
  if (from - shiftOf(writer) > watermarks.high) {
    const reached = from - shiftOf(writer)
    from = await writer.goOnBehind(
      `the partition ends at ${watermarks.high} in Kafka, but its claims reach ${reached}`,
    )
  }
  const low = watermarks.low + shiftOf(writer)
  const unclaimedFrom = writer.unclaimedFrom - shiftOf(writer)
  // A commit of an earlier era may be beyond the claims of this one: its records have landed.
  if (committed !== undefined && committed > Math.max(unclaimedFrom, writer.era?.landedBefore ?? 0)) {
    throw new Failure({
      code: 'COMMITTED_BEYOND_CLAIMS',
      what: `group ${config.groupId} has committed ${committed} for partition ${partition}, but its claims reach only ${unclaimedFrom}; nothing is read`,
      why: 'the consumer commits only what is claimed, so the offset was moved, claims were deleted, or another dataset shares the group',
      remedy: `if the claims are right: kafka-consumer-groups.sh --reset-offsets --to-offset ${unclaimedFrom} --group ${config.groupId} --topic TOPIC:${partition} --execute`,
    })
  }
  if (writer.unclaimedFrom === 0 && startPoint) {
    const time = startPoint.at === 'time' ? startPoint.timestampMs : undefined
    const seen =
      time === undefined
        ? low
        : ((await ask('query_times', () => client.offsetAt(partition, time))) ?? watermarks.high)
    const first = await ask('store_initial_offset', () => startPoint.storeInitialOffset(partition, seen))
    // Records beyond it that Kafka has deleted came after the start point, and are a loss like any other.
    if (first > 0) from = await writer.skipTo(first, `--from ${startPointText(startPoint)}`)
  }
  if (low <= from) return from
  const lost = low - from
  if (config.onRetentionLoss === 'stop' || !writer.canSkip) {
    throw new Failure({
      code: 'RECORDS_LOST_TO_RETENTION',
      what: `Kafka has deleted ${lost} records of partition ${partition} before they landed: [${from - shiftOf(writer)},${watermarks.low})`,
      why: 'the topic’s retention was shorter than the time the consumer was behind or stopped',
      remedy: writer.canSkip
        ? 'raise retention.ms; to continue without them set CONSUMER_ON_RETENTION_LOSS=record, which records the loss in a claim'
        : `their claim [${from},${writer.unclaimedFrom}) is unfinished and can never be finished: begin a new dataset with --from earliest --dataset NAME, and keep both`,
    })
  }
  return writer.skipTo(low, `retention: Kafka's first offset was ${watermarks.low}`)
}

function shiftOf({ era }: PartitionWriter): number {
  return era?.shift ?? 0
}
