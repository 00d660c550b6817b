// Opens what the writers of a membership need: the dataset, the source of records, and the guards of both.
import { datasetKey } from '@ticklake/contract/keys.ts'
import { RecordLookup } from '@ticklake/kafka/record-lookup.ts'
import type { TopicFacts } from '@ticklake/kafka/topic-facts.ts'
import { semaphore } from '../batching/semaphore.ts'
import type { LandingTarget } from '../claims/claim-builder.ts'
import { datasetGuard, openDataset } from '../claims/dataset.ts'
import type { LandingPort } from '../claims/landing.ts'
import { TruncationGuard } from '../claims/truncation-guard.ts'
import type { ConsumerConfig } from '../config.ts'
import type { DeadLetterSender } from '../dead-letters/dead-letter-producer.ts'
import { Announcements } from '../dead-letters/pending-dead-letters.ts'
import type { Encoder } from '../encoding/encoder.ts'
import type { ConsumerEvents } from '../events.ts'
import { fatalErrorOf } from '../fatal-s3-error.ts'
import { untilDone } from '../retry.ts'
import type { ObjectStore } from '../s3.ts'
import { batchSource } from './batch-source.ts'
import { clientSource } from './client-source.ts'
import { requireWholeTopic } from './first-start.ts'
import type { GroupClient } from './kafka.ts'
import type { RecordSource } from './record-source.ts'
import type { StoredStartPoint } from './start-point.ts'
import { TopicGuard } from './topic.ts'

/** What every membership of a consumer uses. */
export interface ConsumerParts {
  readonly config: ConsumerConfig
  readonly events: ConsumerEvents
  readonly store: ObjectStore
  readonly encoder: Encoder
  readonly sender: DeadLetterSender
}

export interface LandingSetupOptions extends ConsumerParts {
  readonly isAssigned: (partition: number) => boolean
  readonly onConnectionLost: () => void
}

/** What the partitions' writers need from a membership. */
export interface Landing {
  readonly client: GroupClient
  readonly source: RecordSource
  readonly target: LandingTarget
  readonly port: LandingPort
  readonly guard: TopicGuard
  readonly confirmDataset: () => Promise<void>
  readonly lookup: RecordLookup
  readonly truncation: TruncationGuard
  /** Where partitions without claims start; undefined: at offset 0. */
  readonly startPoint: StoredStartPoint | undefined
  readonly announcements: Announcements
}

/** Opens the dataset for a topic. @throws Failure when only a person can decide what to do; Aborted */
export async function setUpLanding(
  options: LandingSetupOptions,
  client: GroupClient,
  { topicId, partitions }: TopicFacts,
  signal: AbortSignal,
): Promise<Landing> {
  const { config, events, store, encoder, sender, isAssigned, onConnectionLost } = options
  const { kafka, lake, from } = config
  const target: LandingTarget = {
    lake,
    format: lake.format,
    topic: kafka.KAFKA_TOPIC,
    topicId,
    aliases: kafka.KAFKA_TICK_ALIASES === 'on',
  }
  const announcements = new Announcements({
    target,
    store,
    sender,
    events,
    isAssigned,
  })
  const refused = (error: unknown) => {
    throw fatalErrorOf(error, lake.bucket)
  }
  if (from === undefined && config.onRetentionLoss === 'stop') {
    await requireWholeTopic(partitions, {
      isNew: async () => {
        const read = () => store.text(datasetKey(lake)).catch(refused)
        return (await untilDone('read_dataset', events, signal, read)) === undefined
      },
      watermarks: (partition) =>
        untilDone('query_watermarks', events, signal, () => client.watermarks(partition)),
    })
  }
  const startPoint = await untilDone('open_dataset', events, signal, () =>
    openDataset(store, target, from, events.datasetRaised).catch(refused),
  )
  const lookup = new RecordLookup(kafka, topicId, 'ticklake-consumer')
  return {
    client,
    lookup,
    truncation: new TruncationGuard({
      store,
      target,
      events,
      find: (partition, from, to) => lookup.find(partition, from, to),
      epochEnd: (partition, leaderEpoch) => lookup.epochEnd(partition, leaderEpoch),
    }),
    source:
      config.reader === 'client'
        ? clientSource(client)
        : batchSource({
            config: kafka,
            topicId,
            client,
            onRetry: (why) => {
              events.brokerMessage(why)
              onConnectionLost()
            },
            onAnswer: events.brokerBack,
          }),
    target,
    port: { store, encoder, announcements, uploadLimit: semaphore(config.uploads) },
    guard: new TopicGuard(client, target),
    confirmDataset: datasetGuard(store, target, events.datasetRaised),
    startPoint,
    announcements,
  }
}
