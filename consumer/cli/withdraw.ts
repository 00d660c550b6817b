// `consumer withdraw`: refused partitions are compared with Kafka again.
import { s3Client } from '@ticklake/aws/config.ts'
import { datasetKey } from '@ticklake/contract/keys.ts'
import { RecordLookup } from '@ticklake/kafka/record-lookup.ts'
import { parseDataset } from '@ticklake/lake/dataset.ts'
import { printableLine } from '@ticklake/runtime/printable.ts'
import type { CommandHost } from '@ticklake/runtime/process.ts'
import { withdrawTruncations } from '../claims/withdrawal.ts'
import { consumerConfig, type RunFlags } from '../config.ts'
import { failureOf } from '../fatal-s3-error.ts'
import { s3Store } from '../s3.ts'

/** Prints a line for each refused partition. @throws Failure for settings, and if Kafka or S3 does not answer */
export async function withdraw(
  host: CommandHost,
  flags: Pick<RunFlags, 'dataset'>,
  signal: AbortSignal,
): Promise<void> {
  const { kafka, lake } = consumerConfig(host.env, flags)
  const store = s3Store(s3Client(lake), lake.bucket)
  try {
    const dataset = await store.text(datasetKey(lake))
    if (!dataset) return say(host, 'withdraw: nothing has landed in this dataset')
    const { topicId } = parseDataset(dataset.text, lake, 'nothing was changed')
    using lookup = new RecordLookup(kafka, topicId, 'ticklake-consumer')
    signal.addEventListener('abort', () => lookup[Symbol.dispose]())
    const compared = await withdrawTruncations({
      store,
      target: { lake, topicId },
      find: (partition, from, to) => lookup.find(partition, from, to),
    })
    for (const { partition, isWithdrawn, why } of compared)
      say(host, `partition ${partition}: ${isWithdrawn ? 'withdrawn' : 'stays refused'}: ${why}`)
    const staying = compared.filter(({ isWithdrawn }) => !isWithdrawn).length
    say(
      host,
      `withdraw: refused ${compared.length}, withdrawn ${compared.length - staying}, staying ${staying}`,
    )
    if (staying > 0) host.exitCode = 1
  } catch (error) {
    throw failureOf(error, lake.bucket, 'refusals that were not reported as withdrawn stay')
  }
}

function say(host: CommandHost, line: string): void {
  host.stdout.write(`${printableLine(line)}\n`)
}
