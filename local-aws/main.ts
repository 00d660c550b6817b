// Starts the local AWS endpoint and serves until a signal stops it.
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { shellEnv } from '@ticklake/runtime/dotenv.ts'
import { returnIdleMemory } from '@ticklake/runtime/idle-memory.ts'
import { makeLogger } from '@ticklake/runtime/log.ts'
import { makeRegistry } from '@ticklake/runtime/metrics.ts'
import { runCommand } from '@ticklake/runtime/process.ts'
import { openAthena } from './athena/api/service.ts'
import { forEngineToo } from './athena/engine/engine-catalog.ts'
import { localAwsConfig } from './config.ts'
import { makeEvents } from './events.ts'
import { openGlue } from './glue/api/service.ts'
import { openIcebergRest } from './glue/iceberg-rest/routes.ts'
import { startServer } from './http/server.ts'
import { withOpenTableFormats } from './iceberg/open-table-format.ts'
import { openTableFiles } from './iceberg/s3.ts'
import { openIcebergTables } from './iceberg/tables.ts'
import { seed } from './seed/seed.ts'

await runCommand(async (signal) => {
  const config = localAwsConfig(shellEnv())
  await mkdir(config.dataDir, { recursive: true })
  const registry = makeRegistry('local-aws')
  const events = makeEvents(makeLogger('local-aws'), registry)
  const { dataDir, accountId, region, secret } = config
  const s3Endpoint = config.s3Endpoint.origin
  await using glue = await openGlue({ dataDir, accountId, region, s3Endpoint, secret })
  await using athena = openAthena({ config, glue, events })
  using files = openTableFiles(config.s3Endpoint, region, secret)
  const tables = openIcebergTables(glue, files)
  const services = {
    AmazonAthena: athena,
    AWSGlue: withOpenTableFormats(forEngineToo(glue, files.sampleKeys), glue, tables),
    Logs_20140328: glue.logs,
  }
  const icebergRest = openIcebergRest({ glue, tables, accountId, region })
  let isSeeded = false
  const whyNotSeeded = () => (isSeeded ? undefined : 'LOCAL_AWS_SEED_DIR is still being loaded')
  using _memory = returnIdleMemory()
  await using _server = await startServer({
    config,
    events,
    registry,
    services,
    icebergRest,
    whyNotSeeded,
  })
  // The engine reads the catalog through this server, so it listens before it is ready.
  const seeded = await seed({ ...config, askAthena: athena.handle, signal })
  isSeeded = true
  if (seeded) events.seeded(seeded)
  if (!signal.aborted) await once(signal, 'abort')
})
