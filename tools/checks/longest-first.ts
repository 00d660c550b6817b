// The order in which vitest starts files: the longest first, so that none of them is left to run alone at the end.
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * The files of more than a minute, longest first: by default vitest orders new files by size, which says little.
 * One that is missing here only starts later than it could.
 */
const long = [
  'producer/producer.stack.test.ts',
  'catalog/compaction/compaction.stack.test.ts',
  'catalog/dashboard/server/live.stack.test.ts',
  'stack/lifecycle.stack.test.ts',
  'tools/docs/commands.stack.test.ts',
  'consumer/memory.stack.test.ts',
  'catalog/dashboard/server/tabs.stack.test.ts',
  'packages/kafka-reader/cluster.stack.test.ts',
  'catalog/catalog.stack.test.ts',
  'consumer/exactly-once.stack.test.ts',
  'catalog/audit/audit.stack.test.ts',
  'consumer/group/shutdown.stack.test.ts',
  'consumer/chain-and-kafka.stack.test.ts',
  'consumer/power-cut.stack.test.ts',
  'packages/runtime/terminal.stack.test.ts',
  'consumer/limits.stack.test.ts',
  'e2e/stack.e2e.test.ts',
  'infra/broker-boot.e2e.test.ts',
  'e2e/local-aws-image.e2e.test.ts',
  // Starts late: it must wait until stack.e2e.test.ts has ended, since only one of them may run a stream.
  'e2e/aws.e2e.test.ts',
  'e2e/notebook.e2e.test.ts',
]

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const first = long.flatMap((path) => sorted.filter(({ moduleId }) => moduleId.endsWith(`/${path}`)))
    return [...first, ...sorted.filter((file) => !first.includes(file))]
  }
}
