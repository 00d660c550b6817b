// What a broker says about a topic: its id, and how many partitions it has.
import RdKafka from '@confluentinc/kafka-javascript'

const { CODES } = RdKafka

/** After this long the query is repeated. */
const QUERY_TIMEOUT_MS = 5_000

/** What the broker says about the topic. */
export interface TopicFacts {
  /** 32 hex digits */
  readonly topicId: string
  readonly partitions: number
}

/** The call that is missing from the admin client's types. */
interface DescribingAdmin {
  describeTopics(
    topics: string[],
    options: object,
    done: (
      error: Error | null,
      topics?: {
        topicId: { mostSignificantBits: bigint; leastSignificantBits: bigint }
        partitions: unknown[]
        error?: { readonly code: number; readonly message: string }
      }[],
    ) => void,
  ): void
}

/** What the broker says about the topic, or undefined if it does not exist. */
export function describeTopic(admin: object, topic: string): Promise<TopicFacts | undefined> {
  return new Promise((resolve, reject) => {
    ;(admin as DescribingAdmin).describeTopics([topic], { timeout: QUERY_TIMEOUT_MS }, (error, topics) => {
      const found = topics?.[0]
      if (error) return reject(error)
      // Any other error, such as a missing right, does not mean that the topic is gone.
      if (found?.error && found.error.code !== CODES.ERRORS.ERR_UNKNOWN_TOPIC_OR_PART) {
        return reject(Object.assign(new Error(found.error.message), { code: found.error.code }))
      }
      if (!found || found.error || found.partitions.length === 0) return resolve(undefined)
      const { mostSignificantBits: high, leastSignificantBits: low } = found.topicId
      resolve({ topicId: hex(high) + hex(low), partitions: found.partitions.length })
    })
  })
}

function hex(bits: bigint): string {
  return BigInt.asUintN(64, bits).toString(16).padStart(16, '0')
}
