// The table of contenders: what each is, how its processes are started, and where it writes its rows.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type StackEnv, serviceEnv } from '@ticklake/stack/environment.ts'
import { installed, projectDir } from '@ticklake/stack/paths.ts'
import { ticks } from '@ticklake/testing/topic.ts'

/** What a contender gets for one round. */
export interface Task {
  readonly env: StackEnv
  readonly topic: string
  readonly rows: number
  /** A name that is unique to the round. */
  readonly run: string
  readonly dir: string
}

/** A process to start. */
export interface Command {
  readonly program: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

export interface Contender {
  readonly group: 'land' | 'growth' | 'read' | 'send'
  readonly name: string
  readonly commands: (task: Task) => readonly Command[]
  /** For contenders that never end: runs until the group has committed the topic's end. */
  readonly groupId?: (task: Task) => string
  /** Where its objects are: all of them are read and compared with the topic. */
  readonly output?: (task: Task) => { readonly prefix: string; readonly suffix: string }
  /** Whether it takes part in `make bench-quick`. */
  readonly isQuick?: boolean
  /** It lands a topic of its own size: this many rows, each of at least this many bytes. */
  readonly rows?: number
  readonly messageBytes?: number
}

/** Partitions of each topic. */
export const PARTITIONS = 6

const JSON_OBJECT_ROWS = 10_000
/** How many different records Java's producer gets; it sends one of them each time. */
const PAYLOADS = 10_000

/** @param peer the folder with Kafka Connect, Apache Iceberg's sink and Kafka's tools; undefined leaves them out */
export function contenders(peer: string | undefined): Contender[] {
  return [
    ticklake('parquet', 'batches', { isQuick: true }),
    ticklake('jsonl', 'batches', { isQuick: true }),
    ticklake('parquet', 'client', { isQuick: true }),
    ticklake('jsonl', 'client'),
    ticklake('parquet', 'batches', { processes: 2 }),
    ticklake('json-object', 'batches', { rows: JSON_OBJECT_ROWS }),
    ...(peer ? [connectIceberg(peer)] : []),
    ...[500_000, 2_000_000, 4_000_000].map((rows) =>
      ticklake('parquet', 'batches', { group: 'growth', name: `${rows.toLocaleString('en')} rows`, rows }),
    ),
    ...[
      { rows: 500_000, messageBytes: 1_000 },
      { rows: 50_000, messageBytes: 10_000 },
    ].map((size) =>
      ticklake('parquet', 'batches', {
        ...{ group: 'growth', name: `messages of ${size.messageBytes.toLocaleString('en')} bytes` },
        ...size,
      }),
    ),
    {
      group: 'read',
      name: 'kafka-reader',
      isQuick: true,
      commands: ({ env, topic, rows }) => [
        node(env, ['bench/count-only.ts', env.KAFKA_BOOTSTRAP_SERVERS!, topic, String(rows)]),
      ],
    },
    ...(peer ? [javaConsumer(peer)] : []),
    {
      group: 'send',
      name: 'ticklake producer',
      isQuick: true,
      commands: ({ env, rows, run }) => [
        node({ ...env, KAFKA_TOPIC: run }, [
          'producer/main.ts',
          'run',
          '--rate',
          'max',
          '--rows',
          String(rows),
        ]),
      ],
    },
    ...(peer ? [javaProducer(peer)] : []),
  ]
}

function ticklake(
  format: 'parquet' | 'jsonl' | 'json-object',
  reader: 'batches' | 'client',
  { processes = 1, ...more }: { processes?: number } & Partial<Contender> = {},
): Contender {
  const suffixes = { parquet: '.parquet', jsonl: '.jsonl.zst', 'json-object': '.json' }
  const settings = ({ run, topic }: Task) => ({
    KAFKA_TOPIC: topic,
    LAKE_PREFIX: run,
    // Without it each format has a name of its own.
    LAKE_DATASET: 'ticks',
    LAKE_FORMAT: format,
    CONSUMER_GROUP_ID: run,
    CONSUMER_READER: reader,
    CONSUMER_FLUSH_ROWS: '100000',
    // How long the last rows wait; Connect commits every 5 s, too.
    CONSUMER_FLUSH_AFTER_MS: '5000',
    CONSUMER_HEALTH_PORT: '0',
    LOG_LEVEL: 'warn',
  })
  return {
    group: 'land',
    name: `ticklake ${format}, ${reader}${processes > 1 ? `, ${processes} processes` : ''}`,
    commands: (task) =>
      Array.from({ length: processes }, () =>
        node({ ...task.env, ...settings(task) }, ['consumer/main.ts', 'run']),
      ),
    groupId: ({ run }) => run,
    output: ({ run }) => ({ prefix: `${run}/ticks/`, suffix: suffixes[format] }),
    ...more,
  }
}

/** Kafka Connect with Apache Iceberg's sink, set up as its documentation says: Parquet, zstd, a catalog in SQLite. */
function connectIceberg(peer: string): Contender {
  return {
    group: 'land',
    name: 'Kafka Connect, Iceberg sink',
    commands: ({ env, topic, run, dir }) => {
      const name = run.replaceAll('-', '_')
      const worker = {
        'bootstrap.servers': env.KAFKA_BOOTSTRAP_SERVERS!,
        'key.converter': 'org.apache.kafka.connect.converters.ByteArrayConverter',
        'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
        'value.converter.schemas.enable': 'false',
        'offset.storage.file.filename': join(dir, `${run}.offsets`),
        // A sink writes files when Connect commits, by default once a minute.
        'offset.flush.interval.ms': '5000',
        'plugin.path': join(peer, 'iceberg/plugin'),
        'plugin.discovery': 'service_load',
        listeners: 'http://127.0.0.1:0',
        'consumer.auto.offset.reset': 'earliest',
        'consumer.max.poll.records': '5000',
        'consumer.fetch.min.bytes': '65536',
        'consumer.max.partition.fetch.bytes': '4194304',
        'connector.client.config.override.policy': 'All',
      }
      const catalog = {
        'catalog-impl': 'org.apache.iceberg.jdbc.JdbcCatalog',
        uri: `jdbc:sqlite:${join(dir, `${run}.db`)}`,
        warehouse: `s3://${env.LAKE_BUCKET}/${run}`,
        'io-impl': 'org.apache.iceberg.aws.s3.S3FileIO',
        's3.endpoint': env.AWS_ENDPOINT_URL!,
        's3.path-style-access': 'true',
        's3.access-key-id': env.AWS_ACCESS_KEY_ID!,
        's3.secret-access-key': env.AWS_SECRET_ACCESS_KEY!,
        'client.region': env.AWS_REGION!,
      }
      const connector = {
        name: run,
        'connector.class': 'org.apache.iceberg.connect.IcebergSinkConnector',
        'tasks.max': '2',
        topics: topic,
        'iceberg.tables': `bench.${name}`,
        'iceberg.tables.auto-create-enabled': 'true',
        'iceberg.control.topic': 'control-iceberg',
        'iceberg.control.commit.interval-ms': '5000',
        'iceberg.control.commit.timeout-ms': '30000',
        ...Object.fromEntries(
          Object.entries(catalog).map(([key, value]) => [`iceberg.catalog.${key}`, value]),
        ),
      }
      mkdirSync(dir, { recursive: true })
      const files = Object.entries({ worker, connector }).map(([kind, properties]) => {
        const file = join(dir, `${run}.${kind}.properties`)
        writeFileSync(
          file,
          Object.entries(properties)
            .map(([key, value]) => `${key}=${value}\n`)
            .join(''),
        )
        return file
      })
      return [java(peer, '2g', 'org.apache.kafka.connect.cli.ConnectStandalone', files)]
    },
    groupId: ({ run }) => `connect-${run}`,
    output: ({ run }) => ({ prefix: `${run}/`, suffix: '.parquet' }),
  }
}

function javaConsumer(peer: string): Contender {
  return {
    group: 'read',
    name: 'Java’s ConsumerPerformance',
    commands: ({ env, topic, rows, run }) => {
      const args = ['--bootstrap-server', env.KAFKA_BOOTSTRAP_SERVERS!, '--topic', topic]
      return [
        java(peer, '512m', 'org.apache.kafka.tools.ConsumerPerformance', [
          ...args,
          ...['--num-records', String(rows), '--group', run, '--timeout', '60000'],
        ]),
      ]
    },
  }
}

/** Ticks as records, with the producer's own compression and acknowledgement. */
function javaProducer(peer: string): Contender {
  const settings = [
    'acks=all',
    'enable.idempotence=true',
    'compression.type=lz4',
    'linger.ms=50',
    'batch.size=131072',
  ]
  return {
    group: 'send',
    name: 'Java’s ProducerPerformance',
    commands: ({ env, rows, run, dir }) => {
      const file = join(dir, `${run}.ticks`)
      const payloads = [...ticks(PAYLOADS, 1)].map(({ value }) => Buffer.from(value!).toString())
      writeFileSync(file, payloads.join('\n'))
      return [
        java(peer, '512m', 'org.apache.kafka.tools.ProducerPerformance', [
          ...['--topic', run, '--num-records', String(rows), '--payload-file', file, '--throughput', '-1'],
          // The option may be given only once: a second --command-property would replace the first.
          ...['--command-property', `bootstrap.servers=${env.KAFKA_BOOTSTRAP_SERVERS}`, ...settings],
        ]),
      ]
    },
  }
}

function node(env: StackEnv, args: readonly string[]): Command {
  const { PATH = '', HOME = '', NODE_COMPILE_CACHE } = process.env
  return {
    program: process.execPath,
    args: [join(projectDir, args[0]!), ...args.slice(1)],
    // `make` sets the cache of compiled sources for every service.
    env: serviceEnv(env, { PATH, HOME, ...(NODE_COMPILE_CACHE && { NODE_COMPILE_CACHE }) }),
  }
}

/** Apache Iceberg's sink needs Java 17: the newest Java of this machine, or else the stack's own. */
function java(peer: string, heap: string, mainClass: string, args: readonly string[]): Command {
  const libs = join(peer, 'connect/libs')
  readdirSync(libs)
  return {
    program: process.env.BENCH_JAVA ?? join(installed.java, 'bin/java'),
    args: [`-Xmx${heap}`, '-cp', `${libs}/*`, mainClass, ...args],
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', TZ: 'UTC' },
  }
}
