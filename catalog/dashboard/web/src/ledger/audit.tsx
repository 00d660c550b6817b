// Runs an audit and shows what it found.
import { useState } from 'preact/hooks'
import type { AuditResult } from '../../../server/wire.ts'
import controls from '../parts/controls.module.css'
import { Dot } from '../parts/dot.tsx'
import { bytes, count, duration, plural } from '../parts/format.ts'
import { Panel } from '../parts/panel.tsx'
import { ProblemNote } from '../parts/problem-note.tsx'
import { request, useAction } from '../parts/request.ts'
import styles from './audit.module.css'

export function Audit() {
  const [doing, setDoing] = useState<string | null>(null)
  const work = useAction(async () => {
    setDoing(null)
    // It may take a while: meanwhile, the current step is polled.
    const timer = setInterval(() => {
      request<{ doing: string | null }>('/api/audit').then(
        (answer) => setDoing(answer.doing),
        () => setDoing(null),
      )
    }, 700)
    try {
      return await request<AuditResult>('/api/audit', {})
    } finally {
      clearInterval(timer)
    }
  })
  const audit = work.value
  return (
    <Panel
      title="Audit"
      aside={
        <button type="button" class={controls.primary} disabled={work.busy} onClick={work.start}>
          {work.busy ? 'Auditing …' : 'Audit now'}
        </button>
      }
    >
      <p class="note">
        Compares Kafka’s offsets, the claims and the rows that Athena reads from each object. It trusts no
        counter.
      </p>
      <div role="status">
        {work.busy && <p class="empty">{doing ?? 'starting'} …</p>}
        {audit && (
          <>
            <p class={styles.outcome} data-ok={audit.ok} data-testid="audit-outcome">
              <Dot state={audit.ok ? 'good' : 'bad'} />
              {!audit.ok
                ? 'Something is wrong.'
                : audit.dead > 0
                  ? 'Every record is in the lake exactly once, or below as a dead letter.'
                  : 'Every record is in the lake exactly once.'}
            </p>
            <dl class={styles.sums}>
              <Sum name="produced" value={audit.produced} />
              <Sum name="landed" value={audit.landed} />
              <Sum name="dead" value={audit.dead} />
              <Sum name="skipped" value={audit.skipped} />
              <Sum name="not landed yet" value={audit.waiting} />
              <Sum name="lost" value={audit.lost} bad={audit.lost > 0} />
              <Sum name="duplicates" value={audit.twice} bad={audit.twice > 0} />
            </dl>
            <p class="note">
              <code>{audit.line}</code>
            </p>
            <p class="note">
              {plural(audit.claims, 'claim')} and {plural(audit.objects, 'object')} checked in{' '}
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
    </Panel>
  )
}

function Sum({ name, value, bad }: { name: string; value: number; bad?: boolean }) {
  return (
    <div class={bad ? styles.bad : ''}>
      <dt>{name}</dt>
      <dd class="num">{count(value)}</dd>
    </div>
  )
}
