// What a topic should be, and how one that is there differs from it.
import { Failure } from '@ticklake/runtime/errors.ts'

export const timestampSetting = 'message.timestamp.type'

export interface TopicWanted {
  readonly partitions: number
  readonly replication: number
  /** -1 is for ever */
  readonly retentionMs: number
  /** The broker's own time: only then does an hour of the lake really close. */
  readonly timestampType: 'LogAppendTime'
}

export interface TopicState {
  readonly name: string
  /** 32 hex digits; a recreated topic has another. */
  readonly id: string
  readonly partitions: number
  readonly replication: number
  readonly timestampType: string
  readonly retentionMs: string
  /** Records between the first and the end offsets. */
  readonly rows: bigint
}

export interface Difference {
  readonly setting: string
  readonly wanted: string
  readonly found: string
}

/** Settings that are not as wanted; the command shows them and leaves them, since someone may have set them so. */
export function differences(wanted: TopicWanted, found: TopicState): Difference[] {
  return [
    { setting: timestampSetting, wanted: wanted.timestampType, found: found.timestampType },
    { setting: 'retention.ms', wanted: String(wanted.retentionMs), found: found.retentionMs },
    { setting: 'replication', wanted: String(wanted.replication), found: String(found.replication) },
  ].filter((difference) => difference.wanted !== difference.found)
}

/**
 * How many partitions are to be added to a topic that is there: 0, or more where growing was asked for.
 * @throws Failure TOPIC_SHRINK, TOPIC_GROW
 */
export function partitionsToAdd(wanted: TopicWanted, found: TopicState, mayGrow: boolean): number {
  if (found.partitions > wanted.partitions) {
    throw new Failure({
      code: 'TOPIC_SHRINK',
      what: `topic ${found.name} keeps its ${found.partitions} partitions; nothing was changed`,
      why: `${wanted.partitions} were asked for, and a partition cannot be taken away without the rows in it`,
      remedy: `set KAFKA_TOPIC_PARTITIONS=${found.partitions} (--partitions), or take another KAFKA_TOPIC`,
    })
  }
  if (found.partitions < wanted.partitions && !mayGrow) {
    throw new Failure({
      code: 'TOPIC_GROW',
      what: `topic ${found.name} has ${found.partitions} partitions, not ${wanted.partitions}; nothing was changed`,
      why: keyOrderWarning,
      remedy: `add --grow if that is fine, or set KAFKA_TOPIC_PARTITIONS=${found.partitions} (--partitions)`,
    })
  }
  return wanted.partitions - found.partitions
}

export const keyOrderWarning =
  'more partitions move indices to other partitions: rows of one index sent before and after are then no longer in one order'
