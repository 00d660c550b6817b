// The rejected records, with their reasons.
import type { DeadLetters } from '../../../server/wire.ts'
import controls from '../parts/controls.module.css'
import { bytes, count, moment } from '../parts/format.ts'
import { Panel } from '../parts/panel.tsx'
import { ProblemNote } from '../parts/problem-note.tsx'
import { useAnswer } from '../parts/request.ts'
import { ScrollArea } from '../parts/scroll-area.tsx'
import tables from '../parts/table.module.css'
import styles from './dead-letters.module.css'

export function DeadLetterList() {
  const dead = useAnswer<DeadLetters>('/api/dead-letters')
  const found = dead.value
  return (
    <Panel
      title="Dead letters"
      aside={
        <button type="button" class={controls.quiet} onClick={dead.again}>
          Reload
        </button>
      }
    >
      <p class="note">
        Rejected records, with their reject reason. They are stored whole and counted; nothing is dropped.
      </p>
      {dead.problem && <ProblemNote problem={dead.problem} onRetry={dead.again} />}
      {found?.problems.map((problem) => (
        <ProblemNote key={problem.what} problem={problem} />
      ))}
      {found && found.letters.length + found.problems.length === 0 && (
        <p class="empty">No record was rejected.</p>
      )}
      {found && found.letters.length > 0 && (
        <>
          <ul class={styles.reasons}>
            {Object.entries(found.byReason).map(([reason, times]) => (
              <li key={reason}>
                <code>{reason}</code> <span class="num">{count(times)}</span>
              </li>
            ))}
          </ul>
          <ScrollArea label="Rejected records" tall>
            <table class={`${tables.plain} ${tables.dead}`}>
              <thead>
                <tr>
                  <th scope="col">origin</th>
                  <th scope="col">reason</th>
                  <th scope="col">value</th>
                </tr>
              </thead>
              <tbody>
                {found.letters.map((letter) => (
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
                      <code class={styles.value}>{letter.value ?? 'no value'}</code>
                      <span class="note">
                        key {letter.key ?? 'none'} · {bytes(letter.valueBytes)}
                      </span>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </ScrollArea>
          {found.truncated && (
            <p class="note">Older ones are in the {count(found.files)} dead-letter files of the bucket.</p>
          )}
        </>
      )}
    </Panel>
  )
}
