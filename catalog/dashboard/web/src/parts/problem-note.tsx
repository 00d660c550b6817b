// Shows a problem: what, why, and what to do.
import type { ComponentChildren } from 'preact'
import type { Problem } from '../../../server/wire.ts'
import controls from './controls.module.css'
import styles from './problem-note.module.css'

interface Props {
  readonly problem: Problem
  readonly title?: string
  readonly onRetry?: () => void
}

export function ProblemNote({ problem, title, onRetry }: Props) {
  // Some problems already begin with the title.
  const what =
    title && problem.what.startsWith(`${title}: `) ? problem.what.slice(title.length + 2) : problem.what
  return (
    <div class={styles.problem} role="alert" aria-atomic="false">
      <p class={styles.what}>
        {title && <strong>{title}: </strong>}
        <Marked text={what} />
      </p>
      <dl>
        {problem.why && (
          <>
            <dt>why</dt>
            {/* It may count seconds: a screen reader reads it once, not each time that it changes. */}
            <dd class={styles.why} aria-live="off">
              {problem.why}
            </dd>
          </>
        )}
        {problem.remedy && (
          <>
            <dt>do</dt>
            <dd>
              <Marked text={problem.remedy} />
            </dd>
          </>
        )}
      </dl>
      {onRetry && (
        <button type="button" class={controls.quiet} onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  )
}

/** Several problems, one below the other; takes no space when there are none. */
export function ProblemNotes({ children }: { readonly children: ComponentChildren }) {
  return (
    <div class={styles.problems} data-testid="problems">
      {children}
    </div>
  )
}

/** Text between backticks is shown as code. */
function Marked({ text }: { readonly text: string }) {
  return <>{text.split('`').map((part, i) => (i % 2 === 1 ? <code key={i}>{part}</code> : part))}</>
}
