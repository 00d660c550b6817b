// The local AWS endpoint in its normal form, with an engine and an S3 that answer at once; it gets hostile requests.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeLogger } from '@ticklake/runtime/log.ts'
import { makeRegistry } from '@ticklake/runtime/metrics.ts'
import { openAthena } from '../../../local-aws/athena/api/service.ts'
import { localAwsConfig } from '../../../local-aws/config.ts'
import { makeEvents } from '../../../local-aws/events.ts'
import { openGlue } from '../../../local-aws/glue/api/service.ts'
import { Store } from '../../../local-aws/glue/catalog/store.ts'
import { startServer } from '../../../local-aws/http/server.ts'
import { startFakeS3 } from '../fake-s3.ts'
import { engineColumn, startFakeEngine } from '../fake-trino.ts'

/** The tables that SHOW TABLES and GetTables search. */
const tables = 20_000

const dataDir = mkdtempSync(join(tmpdir(), 'hostile-'))
fillCatalog()
const s3 = await startFakeS3()
const engine = await startFakeEngine(() => [
  { columns: [engineColumn('_col0', 'varchar')] },
  { data: [['x']] },
])
const { accountId, region, ...config } = localAwsConfig({
  LOCAL_AWS_S3_ENDPOINT: s3.url.origin,
  LOCAL_AWS_TRINO_URL: engine.url.origin,
  LOCAL_AWS_DATA_DIR: dataDir,
})
const registry = makeRegistry('local-aws')
// No request may cause an error: the test reads standard error.
const log = makeLogger(
  'local-aws',
  { LOG_LEVEL: 'error' },
  { write: (line) => void process.stderr.write(line) },
)
const events = makeEvents(log, registry)
const glue = await openGlue({ dataDir, accountId, region, s3Endpoint: s3.url.origin })
const athena = openAthena({ config: { ...config, accountId, region }, glue, events })
const services = { AmazonAthena: athena, AWSGlue: glue }
const server = await startServer({
  config: { ...config, host: '127.0.0.1', port: 0 },
  events,
  registry,
  services,
})
// The stand-ins must not keep what they get: their memory would count.
setInterval(() => {
  engine.posted.length = 0
  s3.objects.clear()
}, 100)
process.on('exit', () => rmSync(dataDir, { recursive: true, force: true }))
process.send!({ url: server.url, livez: `${server.url}/_ticklake/livez` })

function fillCatalog(): void {
  const store = new Store(dataDir)
  store.transaction(() => {
    for (const name of ['many', 'lake']) {
      store.run('INSERT INTO databases VALUES (?, 0, ?)', name, JSON.stringify({ Name: name }))
    }
    const add = `INSERT INTO tables (database, name, version, created, updated, data) VALUES (?, ?, 0, 0, 0, ?)`
    for (let i = 0; i < tables; i++) {
      const Name = `${'ab'.repeat(i % 100)}_${i}`
      store.run(add, 'many', Name, JSON.stringify({ Name }))
    }
    const ticks = { Name: 'ticks', PartitionKeys: [{ Name: 'dt', Type: 'string' }] }
    const { id } = store.run(add, 'lake', 'ticks', JSON.stringify(ticks))
    const partition = 'INSERT INTO partitions (table_id, key, created, data) VALUES (?, ?, 0, ?)'
    for (let i = 0; i < tables; i++)
      store.run(partition, id, JSON.stringify([`${'ab'.repeat(i % 100)}${i}`]), '{}')
  })
  store.close()
}
