// The ledger: the audit in one click, the claims that say what landed, and the records that were refused.
import { useState } from 'preact/hooks'
import type { About, AuditView, ClaimView, DeadLetters } from '../../server/wire.ts'
import { ask, useAction, useAsked } from './ask.ts'
import { bytes, count, duration, moment, plural } from './format.ts'
import { useLive } from './live-data.ts'
import { ProblemNote } from './problem-note.tsx'
import { ScrollArea } from './scroll-area.tsx'

export function LedgerView({ about }: { about: About }) {
  return (
    <div class="ledger">
      <h1>The ledger</h1>
      <Audit />
      <Claims about={about} />
      <Dead />
    </div>
  )
}

function Audit() {
  const [doing, setDoing] = useState<string | null>(null)
  const work = useAction(async () => {
    setDoing(null)
    // It may take a while: what is being done is asked for meanwhile.
    const timer = setInterval(() => {
      ask<{ doing: string | null }>('/api/audit').then(
        (answer) => setDoing(answer.doing),
        () => setDoing(null),
      )
    }, 700)
    try {
      return await ask<AuditView>('/api/audit', {})
    } finally {
      clearInterval(timer)
    }
  })
  const audit = work.value
  return (
    <section class="panel audit" aria-labelledby="audit-title">
      <div class="panel-head">
        <h2 id="audit-title">Audit</h2>
        <button type="button" class="primary" disabled={work.busy} onClick={work.start}>
          {work.busy ? 'Auditing …' : 'Audit now'}
        </button>
      </div>
      <p class="note">
        Holds Kafka’s offsets, the claims and the rows that Athena reads from each object against one another.
        It believes no counter.
      </p>
      <div role="status">
        {work.busy && <p class="empty">{doing ?? 'begins'} …</p>}
        {audit && (
          <>
            <p class={`verdict ${audit.ok ? 'good' : 'bad'}`}>
              <span class={`dot ${audit.ok ? 'flow' : 'broken'}`} aria-hidden="true" />
              {!audit.ok
                ? 'Something is not as it should be.'
                : audit.dead > 0
                  ? 'Every record is in the lake exactly once, or kept below as a dead letter.'
                  : 'Every record is in the lake exactly once.'}
            </p>
            <dl class="sums">
              <Sum name="produced" value={audit.produced} />
              <Sum name="landed" value={audit.landed} />
              <Sum name="dead" value={audit.dead} />
              <Sum name="skipped" value={audit.skipped} />
              <Sum name="not landed yet" value={audit.waiting} />
              <Sum name="lost" value={audit.lost} bad={audit.lost > 0} />
              <Sum name="twice" value={audit.twice} bad={audit.twice > 0} />
            </dl>
            <p class="note">
              <code>{audit.line}</code>
            </p>
            <p class="note">
              {plural(audit.claims, 'claim')} and {plural(audit.objects, 'object')} looked at in{' '}
              {duration(audit.elapsedMs)}, {bytes(audit.scannedBytes)} scanned.
            </p>
            {audit.findings.map((finding, i) => (
              <ProblemNote
                key={i}
                title={finding.kind}
                problem={{ code: finding.kind, what: finding.what, remedy: finding.remedy }}
              />
            ))}
          </>
        )}
      </div>
      {work.problem && <ProblemNote problem={work.problem} />}
    </section>
  )
}

function Sum({ name, value, bad }: { name: string; value: number; bad?: boolean }) {
  return (
    <div class={bad ? 'bad' : ''}>
      <dt>{name}</dt>
      <dd class="num">{count(value)}</dd>
    </div>
  )
}

function Claims({ about }: { about: About }) {
  const { pipeline } = useLive('pipeline')
  const partitions = pipeline?.topic.partitions.map(({ partition }) => partition) ?? []
  const [partition, setPartition] = useState(0)
  const [before, setBefore] = useState<number>()
  const query = new URLSearchParams({
    partition: String(partition),
    ...(before ? { before: String(before) } : {}),
  })
  const claims = useAsked<{ claims: ClaimView[] }>(`/api/claims?${query}`)
  const shown = claims.value?.claims ?? []
  const oldest = shown.at(-1)
  return (
    <section class="panel" aria-labelledby="claims-title">
      <div class="panel-head">
        <h2 id="claims-title">Claims</h2>
        <div class="tools">
          <label class="field">
            <span>partition</span>
            <select
              value={partition}
              onChange={(event) => {
                setBefore(undefined)
                setPartition(Number(event.currentTarget.value))
              }}
            >
              {(partitions.length > 0 ? partitions : [0]).map((each) => (
                <option key={each} value={each}>
                  {each}
                </option>
              ))}
            </select>
          </label>
          <button type="button" class="quiet" onClick={claims.again}>
            Reload
          </button>
        </div>
      </div>
      <p class="note">
        Written before the data: which offsets of {about.topic} are in which objects. Each begins where the
        last one ends.
      </p>
      {claims.problem && <ProblemNote problem={claims.problem} onAgain={claims.again} />}
      {claims.value && shown.length === 0 && <p class="empty">This partition has no claim yet.</p>}
      {shown.length > 0 && (
        <ScrollArea label="Claims of the partition" tall>
          <table class="plain claims">
            <thead>
              <tr>
                <th scope="col" class="right">
                  from
                </th>
                <th scope="col" class="right">
                  to
                </th>
                <th scope="col" class="right">
                  rows
                </th>
                <th scope="col" class="right">
                  dead
                </th>
                <th scope="col" class="right">
                  gaps
                </th>
                <th scope="col" class="right">
                  skipped
                </th>
                <th scope="col">written</th>
                <th scope="col">objects</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((claim) => (
                <tr key={claim.S} class={claim.fault ? 'bad' : ''}>
                  <th scope="row" class="num right">
                    {count(claim.S)}
                  </th>
                  <td class="num right">{count(claim.E)}</td>
                  <td class="num right">{count(claim.rows)}</td>
                  <td class={`num right ${claim.dead > 0 ? 'warn' : ''}`}>{count(claim.dead)}</td>
                  <td class="num right">{count(claim.gaps)}</td>
                  <td class={`num right ${claim.skipped > 0 ? 'warn' : ''}`}>{count(claim.skipped)}</td>
                  <td class="num">{duration(claim.ageMs)} ago</td>
                  <td>
                    {claim.fault ??
                      claim.files.map(({ key, rows }) => (
                        <code key={key} class="key" title={`${key}: ${plural(rows, 'row')}`}>
                          {shortKey(key)}
                        </code>
                      ))}
                    {claim.reason && <span class="note">{claim.reason}</span>}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollArea>
      )}
      <div class="tools pages">
        <button
          type="button"
          class="quiet"
          disabled={before === undefined}
          onClick={() => setBefore(undefined)}
        >
          Newest
        </button>
        <button
          type="button"
          class="quiet"
          disabled={!oldest || oldest.S === 0}
          onClick={() => oldest && setBefore(oldest.S)}
        >
          Older
        </button>
      </div>
    </section>
  )
}

function Dead() {
  const dead = useAsked<DeadLetters>('/api/dead-letters')
  const view = dead.value
  return (
    <section class="panel" aria-labelledby="dead-title">
      <div class="panel-head">
        <h2 id="dead-title">Dead letters</h2>
        <button type="button" class="quiet" onClick={dead.again}>
          Reload
        </button>
      </div>
      <p class="note">
        Records that the contract refused. They are kept whole, and counted; nothing is dropped.
      </p>
      {dead.problem && <ProblemNote problem={dead.problem} onAgain={dead.again} />}
      {view?.problems.map((problem) => (
        <ProblemNote key={problem.what} problem={problem} />
      ))}
      {view && view.letters.length + view.problems.length === 0 && <p class="empty">Nothing was refused.</p>}
      {view && view.letters.length > 0 && (
        <>
          <ul class="reasons">
            {Object.entries(view.byReason).map(([reason, times]) => (
              <li key={reason}>
                <code>{reason}</code> <span class="num">{count(times)}</span>
              </li>
            ))}
          </ul>
          <ScrollArea label="Refused records" tall>
            <table class="plain dead">
              <thead>
                <tr>
                  <th scope="col">from where</th>
                  <th scope="col">why</th>
                  <th scope="col">what</th>
                </tr>
              </thead>
              <tbody>
                {view.letters.map((letter) => (
                  <tr key={`${letter.partition}-${letter.offset}-${letter.file}`}>
                    <th scope="row">
                      <span class="num">
                        {letter.topic}, partition {letter.partition}, offset {count(letter.offset)}
                      </span>
                      <span class="note">{moment(letter.timestampMs)}</span>
                    </th>
                    <td>
                      <code>{letter.reason}</code>
                      <span class="note">{letter.detail}</span>
                    </td>
                    <td>
                      <code class="value">{letter.value ?? 'no value'}</code>
                      <span class="note">
                        key {letter.key ?? 'none'} · {bytes(letter.valueBytes)}
                      </span>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </ScrollArea>
          {view.truncated && (
            <p class="note">Older ones are in the {count(view.files)} dead files of the bucket.</p>
          )}
        </>
      )}
    </section>
  )
}

function shortKey(key: string): string {
  const folders = key.split('/').slice(0, -1)
  const dt = folders.find((folder) => folder.startsWith('dt='))?.slice('dt='.length)
  const hour = folders.find((folder) => folder.startsWith('hour='))?.slice('hour='.length)
  return dt ? `${dt} ${hour}h` : key.slice(key.lastIndexOf('/') + 1)
}
