// Trino, Athena's engine: one node with a Hive and an Iceberg catalog over Glue (local-aws) and S3 (MiniStack).
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dataCatalog, engineAccessKey, icebergCatalog } from '@ticklake/runtime/engine-catalogs.ts'
import { trinoHeaders } from '@ticklake/runtime/engine-secret.ts'
import { type Archive, fastStart } from './jvm.ts'
import { installed } from './paths.ts'
import { loopback, type Ports } from './ports.ts'
import type { Secret } from './secret.ts'
import type { ProcessSpec } from './supervisor.ts'

/** Trino replaces this text by the variable, so that only the secret's own file holds the secret. */
const secretVariable = 'TRINO_ENGINES_SECRET'
const fromEnv = `\${ENV:${secretVariable}}`

/** Writes Trino's configuration below `dir` and returns how to run it. */
export function trino(
  dir: string,
  ports: Ports,
  bucket: string,
  secret: Secret,
  env: Record<string, string>,
  archive: Archive = 'use',
): ProcessSpec {
  const home = join(dir, 'trino')
  rmSync(home, { recursive: true, force: true })
  mkdirSync(join(home, 'etc/catalog'), { recursive: true })
  writeProperties(join(home, 'etc/config.properties'), {
    coordinator: true,
    'node-scheduler.include-coordinator': true,
    'http-server.http.port': ports.trino,
    'discovery.uri': `http://${loopback}:${ports.trino}`,
    'plugin.dir': join(installed.trino, 'plugin'),
    'catalog.config-dir': join(home, 'etc/catalog'),
    'node.environment': 'local',
    'node.id': 'local',
    'node.internal-address': loopback,
    'node.bind-ip': loopback,
    // Requests must be signed in. Trino allows that only on connections that a proxy marks as encrypted.
    'http-server.authentication.type': 'JWT',
    'http-server.authentication.jwt.key-file': secret.file,
    'http-server.process-forwarded': true,
    'internal-communication.shared-secret': fromEnv,
    'web-ui.enabled': false,
    'query.max-memory': '400MB',
    'query.max-memory-per-node': '400MB',
    'memory.heap-headroom-per-node': '200MB',
    // A dashboard that queries every second for hours must not make the coordinator remember every query, nor the worker
    // every task: five times a second it goes over all that it remembers, by default those of 15 minutes.
    'query.max-history': 20,
    'query.min-expire-age': '30s',
    'task.info.max-age': '30s',
  })
  writeProperties(join(home, 'etc/log.properties'), {
    'io.trino': 'WARN',
    'io.airlift': 'WARN',
    io: 'WARN',
    org: 'WARN',
  })
  const glueAndS3 = {
    'hive.metastore.glue.region': 'us-east-1',
    'hive.metastore.glue.endpoint-url': `http://${loopback}:${ports.aws}`,
    'hive.metastore.glue.aws-access-key': engineAccessKey,
    'hive.metastore.glue.aws-secret-key': 'test',
    'hive.metastore.glue.default-warehouse-dir': `s3://${bucket}/warehouse/`,
    'fs.native-s3.enabled': true,
    's3.endpoint': `http://${loopback}:${ports.miniStack}`,
    's3.region': 'us-east-1',
    's3.path-style-access': true,
    's3.aws-access-key': 'test',
    's3.aws-secret-key': fromEnv,
  }
  writeProperties(join(home, `etc/catalog/${dataCatalog}.properties`), {
    'connector.name': 'hive',
    'hive.metastore': 'glue',
    ...glueAndS3,
    'hive.metastore.glue.partitions-segments': 1,
    'hive.non-managed-table-writes-enabled': true,
    'hive.non-managed-table-creates-enabled': true,
    'hive.partition-projection-enabled': true,
    'hive.hive-views.enabled': true,
    'hive.hive-views.run-as-invoker': true,
    'hive.recursive-directories': true,
    'hive.iceberg-catalog-name': icebergCatalog,
  })
  // Athena has one catalog: this one is behind it, and Trino redirects queries on Iceberg tables to it.
  writeProperties(join(home, `etc/catalog/${icebergCatalog}.properties`), {
    'connector.name': 'iceberg',
    'iceberg.catalog.type': 'glue',
    ...glueAndS3,
    'iceberg.hive-catalog-name': dataCatalog,
    'iceberg.allowed-extra-properties': '*',
    'iceberg.expire-snapshots.min-retention': '0s',
    'iceberg.remove-orphan-files.min-retention': '0s',
  })
  return {
    name: 'trino',
    command: join(installed.java, 'bin/java'),
    args: [...jvmFlags(home, archive), 'io.trino.server.TrinoServer'],
    cwd: home,
    env: { ...env, [secretVariable]: secret.text },
    ready: () => answers(ports.trino, secret),
    readyWithinMs: 180_000,
  }
}

function jvmFlags(home: string, archive: Archive): string[] {
  return [
    '-Xmx1G',
    ...fastStart('trino', archive),
    '-Djdk.attach.allowAttachSelf=true',
    '--enable-native-access=ALL-UNNAMED',
    '--sun-misc-unsafe-memory-access=allow',
    `-Dconfig=${join(home, 'etc/config.properties')}`,
    `-Dlog.levels-file=${join(home, 'etc/log.properties')}`,
    '-cp',
    `${installed.trino}/lib/*`,
  ]
}

function writeProperties(path: string, properties: Record<string, string | number | boolean>): void {
  writeFileSync(
    path,
    Object.entries(properties)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  )
}

/** Runs SELECT 1 to its end: a server that reports that it is up may still lack a worker. */
async function answers(port: number, secret: Secret): Promise<boolean> {
  const info = await fetch(`http://${loopback}:${port}/v1/info`)
  if (((await info.json()) as { starting: boolean }).starting) return false
  return ask(port, secret, 'SELECT 1')
}

/** Runs a statement to its end. @returns whether it succeeded */
export async function ask(port: number, secret: Secret, sql: string): Promise<boolean> {
  const headers = trinoHeaders('stack', secret.text)
  const origin = `http://${loopback}:${port}`
  let url: URL | undefined = new URL('/v1/statement', origin)
  let init: RequestInit = { method: 'POST', body: sql, headers }
  while (url !== undefined) {
    const page = (await (await fetch(url, init)).json()) as { nextUri?: string; error?: unknown }
    if (page.error !== undefined) return false
    // Trino treats the connection as encrypted, and builds the link to the next page accordingly.
    url = page.nextUri === undefined ? undefined : new URL(new URL(page.nextUri).pathname, origin)
    init = { headers }
  }
  return true
}
