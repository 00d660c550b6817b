// How a topic should be configured, and how an existing one differs.
import { Failure } from '@ticklake/runtime/errors.ts'

export const timestampSetting = 'message.timestamp.type'

export interface TopicWanted {
  readonly partitions: number
  readonly replication: number
  /** -1 is forever */
  readonly retentionMs: number
  /** The broker's own time: only with it do the lake's hours really close. */
  readonly timestampType: 'LogAppendTime'
}

export interface TopicState {
  readonly name: string
  /** 32 hex digits; a recreated topic has another id. */
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

/** Settings that differ; the command shows but does not change them, since they may be intended. */
export function differences(wanted: TopicWanted, found: TopicState): Difference[] {
  return [
    { setting: timestampSetting, wanted: wanted.timestampType, found: found.timestampType },
    { setting: 'retention.ms', wanted: String(wanted.retentionMs), found: found.retentionMs },
    { setting: 'replication', wanted: String(wanted.replication), found: String(found.replication) },
  ].filter((difference) => difference.wanted !== difference.found)
}

/**
 * How many partitions to add to an existing topic: 0, or more if growing was requested.
 * @throws Failure TOPIC_SHRINK, TOPIC_GROW
 */
export function partitionsToAdd(wanted: TopicWanted, found: TopicState, mayGrow: boolean): number {
  if (found.partitions > wanted.partitions) {
    throw new Failure({
      code: 'TOPIC_SHRINK',
      what: `topic ${found.name} keeps its ${found.partitions} partitions; nothing was changed`,
      why: `${wanted.partitions} were requested, and a partition cannot be removed without losing its rows`,
      remedy: `set KAFKA_TOPIC_PARTITIONS=${found.partitions} (--partitions), or use another KAFKA_TOPIC`,
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
  'adding partitions moves indices to other partitions: rows of one index sent before and after are then no longer in one order'
