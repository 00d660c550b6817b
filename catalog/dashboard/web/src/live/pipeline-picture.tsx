// The pipeline as six stages with pipes between them: dots move where rows move; a red stage stands still.
import type { ComponentChildren } from 'preact'
import type { Health, Pipeline } from '../../../server/wire.ts'
import { bytes, count, duration, rate } from '../parts/format.ts'
import styles from './pipeline-picture.module.css'

interface Station {
  readonly id: string
  readonly name: string
  readonly kind: string
  readonly health: Health
  readonly value: string
  readonly unit: string
  readonly facts: readonly (readonly [string, string])[]
  readonly icon: ComponentChildren
  /** Rows a second that leave to the right. */
  readonly out: number | null
}

const healthLabels: Record<Health, string> = {
  flow: 'flowing',
  quiet: 'quiet',
  waiting: 'waiting',
  behind: 'behind',
  broken: 'broken',
}

export function PipelinePicture({ pipeline }: { pipeline: Pipeline | undefined }) {
  const stations = pipeline ? stationsOf(pipeline) : emptyStations()
  return (
    <ol class={styles.pipeline}>
      {stations.map((station, i) => {
        const next = stations[i + 1]
        return (
          <li key={station.id} class={styles.station} data-station={station.id} data-health={station.health}>
            <div class={styles.card}>
              <div class={styles.head}>
                <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true" class={styles.icon}>
                  {station.icon}
                </svg>
                <h3>{station.name}</h3>
                <span class={styles.badge} data-health={station.health}>
                  {healthLabels[station.health]}
                </span>
              </div>
              <p class={styles.kind}>{station.kind}</p>
              <p class={styles.value}>
                <span class="num">{station.value}</span> <span class="unit">{station.unit}</span>
              </p>
              <dl class={styles.facts}>
                {station.facts.map(([name, value]) => (
                  <div key={name}>
                    <dt>{name}</dt>
                    <dd class="num" title={value}>
                      {value}
                    </dd>
                  </div>
                ))}
              </dl>
            </div>
            {next && (
              <Pipe
                flow={station.health !== 'broken' && next.health !== 'broken' ? station.out : null}
                broken={station.health === 'broken' || next.health === 'broken'}
              />
            )}
          </li>
        )
      })}
    </ol>
  )
}

function Pipe({ flow, broken }: { flow: number | null; broken: boolean }) {
  const speed = flow === null || flow <= 0 ? 'still' : flow < 50 ? 'slow' : flow < 1000 ? 'steady' : 'fast'
  return (
    <div class={styles.pipe} aria-hidden="true" data-flow={broken ? 'cut' : speed}>
      <i />
      <i />
      <i />
    </div>
  )
}

function stationsOf({ producer, topic, consumer, s3, glue, athena, at }: Pipeline): Station[] {
  return [
    {
      id: 'producer',
      name: 'Producer',
      kind: 'CSV to messages',
      health: producer.health,
      value: rate(producer.rowsPerSecond),
      unit: 'rows/s',
      facts: [
        ['delivered', count(producer.delivered)],
        ['skipped', count(producer.skipped)],
      ],
      icon: <path d="M5 4h9l5 5v11H5zM14 4v5h5M8.500 13h7M8.500 16.500h7" />,
      out: producer.rowsPerSecond,
    },
    {
      id: 'topic',
      name: 'Topic',
      kind: topic.name,
      health: topic.health,
      value: count(topic.records),
      unit: 'records',
      facts: [
        ['partitions', count(topic.partitions.length || null)],
        ['claimed', count(sum(topic.partitions.map(({ claimed }) => claimed)))],
      ],
      icon: <path d="M4 6h16M4 12h16M4 18h16M8 4v4M14 10v4M11 16v4" />,
      out: consumer.rowsPerSecond,
    },
    {
      id: 'consumer',
      name: 'Consumer',
      kind: 'claims, then objects',
      health: consumer.health,
      value: rate(consumer.rowsPerSecond),
      unit: 'rows/s',
      facts: [
        ['lag', count(consumer.lag)],
        ['rejected', count(consumer.refused)],
      ],
      icon: <path d="M4 5h16l-6 7.500V19l-4 1.500v-8z" />,
      out: consumer.rowsPerSecond,
    },
    {
      id: 's3',
      name: 'S3',
      kind: s3.bucket,
      health: s3.health,
      value: count(s3.objects),
      unit: 'objects',
      facts: [
        ['size', bytes(s3.bytes)],
        ['last', s3.lastAgeMs === null ? '–' : `${duration(s3.lastAgeMs)} ago`],
      ],
      icon: (
        <path d="M5 6.500C5 5 8 4 12 4s7 1 7 2.500S16 9 12 9 5 8 5 6.500zm0 0L6.500 18c.3 1.200 2.500 2 5.500 2s5.200-.8 5.500-2L19 6.500" />
      ),
      out: consumer.rowsPerSecond,
    },
    {
      id: 'glue',
      name: 'Glue',
      kind: `${glue.database}.${glue.table}`,
      health: glue.health,
      value: count(glue.partitions),
      unit: 'partitions',
      facts: [
        ['last crawl', glue.lastCrawl?.toLowerCase() ?? (glue.partitions === null ? '–' : 'none yet')],
        [
          'crawled',
          glue.crawlerState === 'RUNNING'
            ? 'running now'
            : glue.lastCrawlAt === null
              ? '–'
              : `${duration(at - glue.lastCrawlAt)} ago`,
        ],
      ],
      icon: <path d="M4 5h16v14H4zM4 10h16M10 10v9M4 14.500h16" />,
      out: consumer.rowsPerSecond,
    },
    {
      id: 'athena',
      name: 'Athena',
      kind: 'SELECT COUNT(*)',
      health: athena.health,
      value: count(athena.count),
      unit: 'rows',
      facts: [
        ['answered in', duration(athena.elapsedMs)],
        ['counted', athena.countedAt === null ? '–' : `${duration(at - athena.countedAt)} ago`],
      ],
      icon: <path d="M10.500 4a6.500 6.500 0 1 0 0 13 6.500 6.500 0 0 0 0-13zM15.500 15.500L20 20" />,
      out: null,
    },
  ]
}

/** Before the first answer. */
function emptyStations(): Station[] {
  return ['Producer', 'Topic', 'Consumer', 'S3', 'Glue', 'Athena'].map((name) => ({
    id: name.toLowerCase(),
    name,
    kind: ' ',
    health: 'waiting',
    value: '–',
    unit: '',
    facts: [],
    icon: null,
    out: null,
  }))
}

function sum(values: readonly (number | null)[]): number | null {
  if (values.length === 0 || values.includes(null)) return null
  return values.reduce<number>((total, value) => total + value!, 0)
}
