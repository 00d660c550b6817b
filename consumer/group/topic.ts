// The topic to read: waited for until it exists, then watched in case it is deleted and recreated.

import type { KafkaConfig } from '@ticklake/kafka/config.ts'
import type { TopicFacts } from '@ticklake/kafka/topic-facts.ts'
import { Failure, reasonOf } from '@ticklake/runtime/errors.ts'
import { sleep } from '@ticklake/runtime/process.ts'
import type { LandingTarget } from '../claims/claim-builder.ts'
import { sharedRequest } from '../claims/shared-request.ts'
import { Aborted } from '../retry.ts'
import type { GroupClient } from './kafka.ts'
import { onlyBootstrapAnswers } from './kafka-connection.ts'

const CHECK_EVERY_MS = 30_000

/**
 * The topic's facts. @param sinceMs when connecting to the brokers began, by performance.now()
 * @throws Failure TOPIC_MISSING, KAFKA_UNREACHABLE after KAFKA_CONNECT_TIMEOUT_MS since then; Aborted
 */
export async function topicOf(
  client: Pick<GroupClient, 'describeTopic' | 'reachability'>,
  config: KafkaConfig,
  signal: AbortSignal,
  sinceMs = performance.now(),
): Promise<TopicFacts> {
  const deadline = sinceMs + config.KAFKA_CONNECT_TIMEOUT_MS
  for (;;) {
    if (signal.aborted) throw new Aborted()
    let problem: unknown
    const topic = await client.describeTopic().catch((error) => {
      problem = error
    })
    if (topic) return topic
    if (performance.now() > deadline) {
      throw isLocal(problem) ? onlyBootstrapAnswers(config, client.reachability()) : notFound(config, problem)
    }
    await sleep(500, signal)
  }
}

/** Whether the error is the client's own, because no broker has answered: librdkafka's own codes are below 0. */
function isLocal(problem: unknown): boolean {
  return ((problem as { code?: unknown } | undefined)?.code as number) < 0
}

/** @param problem why the broker could not be asked; undefined: it does not have the topic */
function notFound(config: KafkaConfig, problem: unknown): Failure {
  return new Failure({
    code: 'TOPIC_MISSING',
    what: `no topic ${config.KAFKA_TOPIC} was found at ${config.KAFKA_BOOTSTRAP_SERVERS} within ${config.KAFKA_CONNECT_TIMEOUT_MS / 1000} s; nothing was read`,
    why: problem === undefined ? 'the broker answers, but does not have it' : reasonOf(problem),
    remedy:
      problem === undefined
        ? 'create it with `producer topic create`, or set KAFKA_TOPIC'
        : 'check that the broker runs, and that this user may describe the topic',
    cause: problem,
  })
}

/**
 * Checks that the topic is still the dataset's. Offsets do not show it: a recreated topic starts at 0 again, and a
 * client that has not noticed continues at its old offset.
 */
export class TopicGuard {
  readonly #client: Pick<GroupClient, 'describeTopic'>
  readonly #target: Pick<LandingTarget, 'topic' | 'topicId' | 'lake'>
  /**
   * Resolves when the broker has confirmed the topic after this call, so that records read before the call are of this
   * topic. Concurrent calls share one query.
   * @throws Failure TOPIC_REPLACED; an error when no broker answers: ask again
   */
  readonly confirm = sharedRequest(() => this.#ask())

  constructor(
    client: Pick<GroupClient, 'describeTopic'>,
    target: Pick<LandingTarget, 'topic' | 'topicId' | 'lake'>,
  ) {
    this.#client = client
    this.#target = target
  }

  async #ask(): Promise<void> {
    const { topic, topicId, lake } = this.#target
    const found = await this.#client.describeTopic()
    // A deleted topic cannot have given records of another one.
    if (!found || found.topicId === topicId) return
    throw new Failure({
      code: 'TOPIC_REPLACED',
      what: `the topic ${topic} was deleted and recreated; nothing more is written to the dataset ${lake.dataset}`,
      why: `its id was ${topicId} and is ${found.topicId}: offsets start at 0 again and name other records`,
      remedy: 'begin a new dataset with LAKE_DATASET for the new topic',
    })
  }

  /**
   * Why Kafka does not have an offset: the topic may have been recreated and be empty. @returns TOPIC_REPLACED, or the
   * error itself
   */
  async explain(error: unknown): Promise<unknown> {
    if (!(error instanceof Failure) || error.code !== 'OFFSET_OUT_OF_RANGE') return error
    return this.confirm().then(
      () => error,
      (found) => (isReplaced(found) ? found : error),
    )
  }

  /**
   * Checks every 30 s, even when nothing is read.
   * @returns stops the checks
   */
  watch(onReplaced: (error: Failure) => void): () => void {
    const timer = setInterval(() => {
      this.confirm().catch((error) => {
        // A broker that does not answer says nothing about the topic.
        if (isReplaced(error)) onReplaced(error)
      })
    }, CHECK_EVERY_MS)
    return () => clearInterval(timer)
  }
}

function isReplaced(error: unknown): error is Failure {
  return error instanceof Failure && error.code === 'TOPIC_REPLACED'
}
