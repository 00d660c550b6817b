// Counts the records of a topic with kafka-reader and does nothing else: the ceiling of what the consumer can reach.
//   node bench/count-only.ts BROKERS TOPIC RECORDS
import { KafkaReader } from '@ticklake/kafka-reader'

const [brokers = '', topic = '', records = '0'] = process.argv.slice(2)
await using reader = new KafkaReader({ brokers: brokers.split(',') })
const [facts] = await reader.topics([topic])
await reader.assign(facts!.partitions.map(({ partition }) => ({ topic, partition, offset: 0 })))
let counted = 0
while (counted < Number(records)) {
  const { count, release } = await reader.fetch()
  counted += count
  release()
}
