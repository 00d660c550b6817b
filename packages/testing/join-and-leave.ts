// A member that joins a group and leaves it, again and again, and queries the broker while it leaves and after:
// a query that reaches the native client after its memory is freed ends the process by SIGSEGV. Argument: how often.
import { kafkaConfig } from '@ticklake/kafka/config.ts'
import { connectGroup, type GroupClient } from '../../consumer/group/kafka.ts'

const times = Number(process.argv[2])
const config = kafkaConfig(process.env)
const LEAVE_WITHIN_MS = 8_000
const unknown = (error: unknown) => void error

for (let time = 0; time < times; time++) {
  let client: GroupClient | undefined
  let partitions: number[] = []
  // One in four leaves without a reply to its assignment.
  const answers = time % 4 !== 3
  client = await connectGroup(
    config,
    `${config.KAFKA_TOPIC}-members`,
    {
      onAssign: (assigned) => {
        partitions = assigned
        if (answers) client?.assign(assigned.map((partition) => ({ partition, offset: 0 })))
      },
      onRevoke: (revoked) => client?.unassign(revoked),
      onFatal: () => {},
      onMessage: () => {},
      onBrokerAway: () => {},
      onBrokerBack: () => {},
    },
    new AbortController().signal,
  )
  client.subscribe()
  // Some leave before they are assigned anything, some after they have read.
  for (let polls = time % 4; polls > 0; polls--) await client.consume()
  // One poll is in progress when it leaves: it may return an assignment.
  client.consume().catch(unknown)
  const ask = () => {
    client.describeTopic().catch(unknown)
    for (const partition of partitions) client.watermarks(partition).catch(unknown)
    client.knownEnd(0)
  }
  ask()
  const asking = setInterval(ask, 1)
  const begunMs = performance.now()
  await client.disconnect()
  const tookMs = performance.now() - begunMs
  if (tookMs > LEAVE_WITHIN_MS) throw new Error(`leaving took ${Math.round(tookMs)} ms`)
  ask()
  clearInterval(asking)
}
process.stdout.write(`left ${times} times\n`)
