// Writes partitions one by one and prints each that was acknowledged, until it is killed: for service.test.ts.
import { openGlue } from '../../local-aws/glue/api/service.ts'

const glue = await openGlue({
  dataDir: process.argv[2]!,
  accountId: '000000000000',
  region: 'us-east-1',
  s3Endpoint: 'http://127.0.0.1:1',
})
for (let i = 0; ; i++) {
  const values = ['2026-01-01', String(i)]
  await glue.createPartitions('lake', 'ticks', [{ Values: values }])
  process.stdout.write(`${values.join('/')}\n`)
}
