// The Live tab: what flows, how much, how fresh, and what is broken.
import type { About, Pipeline } from '../../../server/wire.ts'
import { count, duration, moment, rate } from '../parts/format.ts'
import panel from '../parts/panel.module.css'
import { ProblemNote, ProblemNotes } from '../parts/problem-note.tsx'
import { FreshnessOverTime, RowsOverTime } from './growth-charts.tsx'
import { useLive } from './live-data.ts'
import styles from './live-tab.module.css'
import { PartitionBars } from './partition-bars.tsx'
import { PipelinePicture } from './pipeline-picture.tsx'
import { Prices } from './prices.tsx'

export function LiveTab({ about }: { about: About }) {
  const { pipeline } = useLive('pipeline')
  return (
    <div class={panel.panels}>
      <h1 class="hidden">The pipeline, live</h1>
      <Alerts pipeline={pipeline} />
      <Headline pipeline={pipeline} about={about} />
      <section aria-labelledby="flow-title">
        <h2 id="flow-title" class="hidden">
          From the producer to Athena
        </h2>
        <PipelinePicture pipeline={pipeline} />
        <Problems pipeline={pipeline} />
      </section>
      <div class={styles.columns}>
        <RowsOverTime />
        <div class={styles.stack}>
          <PartitionBars partitions={pipeline?.topic.partitions ?? []} />
          <FreshnessOverTime />
        </div>
      </div>
      <Prices />
    </div>
  )
}

function Headline({ pipeline, about }: { pipeline: Pipeline | undefined; about: About }) {
  const athena = pipeline?.athena
  const age = athena?.newestMs ? Math.max(0, pipeline!.at - athena.newestMs) : null
  return (
    <section class={styles.headline} aria-label="The lake in numbers">
      <div>
        <p
          class={`num ${styles.figure}`}
          data-pending={athena?.count == null || undefined}
          data-testid="count"
        >
          {athena?.count == null ? (athena?.problem ? 'unknown' : 'counting …') : count(athena.count)}
        </p>
        <p class={styles.caption}>
          rows in{' '}
          <code>
            {about.database}.{about.table}
          </code>
          , counted by Athena
        </p>
      </div>
      <dl class={styles.facts}>
        <Fact
          name="arriving"
          value={rate(pipeline?.producer.rowsPerSecond ?? null)}
          unit="rows/s"
          testid="arriving"
        />
        <Fact
          name="landing"
          value={rate(pipeline?.consumer.rowsPerSecond ?? null)}
          unit="rows/s"
          testid="landing"
        />
        <Fact name="newest row" value={duration(age)} unit="old" testid="freshness" />
        <Fact name="not landed yet" value={count(pipeline?.consumer.lag)} unit="rows" testid="lag" />
      </dl>
    </section>
  )
}

function Fact({ name, value, unit, testid }: { name: string; value: string; unit: string; testid: string }) {
  return (
    <div class={styles.fact}>
      <dt>{name}</dt>
      <dd>
        <span class="num" data-testid={testid}>
          {value}
        </span>{' '}
        <span class="unit">{value === '–' ? '' : unit}</span>
      </dd>
    </div>
  )
}

/** The alerts of alerts.yml that are firing. */
function Alerts({ pipeline }: { pipeline: Pipeline | undefined }) {
  if (!pipeline || pipeline.alerts.length === 0) return null
  return (
    <section aria-label="Alerts" class={styles.alerts}>
      {pipeline.alerts.map(({ name, sinceMs, rows }) => (
        <div key={name} class={styles.alert} role="alert">
          <p>
            <strong>{name}</strong> <span class="note">firing since {moment(sinceMs)}</span>
          </p>
          {rows.map((row) => (
            <p key={row} class="note">
              {row}
            </p>
          ))}
        </div>
      ))}
    </section>
  )
}

/** Each broken stage with its reason. */
function Problems({ pipeline }: { pipeline: Pipeline | undefined }) {
  if (!pipeline) return null
  const stages = [
    ['Producer', pipeline.producer],
    ['Topic', pipeline.topic],
    ['Consumer', pipeline.consumer],
    ['S3', pipeline.s3],
    ['Glue', pipeline.glue],
    ['Athena', pipeline.athena],
  ] as const
  return (
    <ProblemNotes>
      {stages.map(([name, stage]) =>
        stage.problem ? <ProblemNote key={name} title={name} problem={stage.problem} /> : null,
      )}
    </ProblemNotes>
  )
}
