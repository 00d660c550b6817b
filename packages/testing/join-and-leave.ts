// A member that joins a group and leaves it, again and again, and goes on to ask the broker while it leaves and after:
// a query that reaches the native client when its memory is free again ends the process by SIGSEGV. Argument: how often.
import { kafkaConfig } from '@ticklake/kafka/config.ts'
import { connectGroup, type GroupClient } from '../../consumer/group/kafka.ts'

const times = Number(process.argv[2])
const config = kafkaConfig(process.env)
const unknown = (error: unknown) => void error

for (let time = 0; time < times; time++) {
  let client: GroupClient | undefined
  let partitions: number[] = []
  client = await connectGroup(
    config,
    `${config.KAFKA_TOPIC}-members`,
    {
      onAssign: (assigned) => {
        partitions = assigned
        client?.assign(assigned.map((partition) => ({ partition, offset: 0 })))
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
  // Some leave before they have anything, some after they have read.
  for (let polls = time % 4; polls > 0; polls--) await client.consume()
  const ask = () => {
    client.describeTopic().catch(unknown)
    for (const partition of partitions) client.watermarks(partition).catch(unknown)
    client.knownEnd(0)
  }
  ask()
  const asking = setInterval(ask, 1)
  await client.disconnect()
  ask()
  clearInterval(asking)
}
process.stdout.write(`left ${times} times\n`)
