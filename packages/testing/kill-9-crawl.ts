// Starts a crawl that never ends, prints that it has, and waits to be killed: for crawlers.test.ts.
import { openGlue } from '../../local-aws/glue/api/service.ts'

const [, , dataDir, s3Endpoint] = process.argv
const glue = await openGlue({
  dataDir: dataDir!,
  accountId: '000000000000',
  region: 'us-east-1',
  s3Endpoint: s3Endpoint!,
})
await glue.createDatabase({ Name: 'lake' })
await glue.call('CreateCrawler', {
  Name: 'ticks',
  Role: 'crawler',
  DatabaseName: 'lake',
  Targets: { S3Targets: [{ Path: 's3://lake/ticks/' }] },
})
await glue.call('StartCrawler', { Name: 'ticks' })
process.stdout.write('crawls\n')
setInterval(() => {}, 60_000)
