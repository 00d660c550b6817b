// Something is wrong: what, why, and what to do.
import type { Problem } from '../../server/wire.ts'

interface Props {
  problem: Problem
  title?: string
  onAgain?: () => void
}

export function ProblemNote({ problem, title, onAgain }: Props) {
  // Some say by themselves who it is.
  const what =
    title && problem.what.startsWith(`${title}: `) ? problem.what.slice(title.length + 2) : problem.what
  return (
    <div class="problem" role="alert" aria-atomic="false">
      <p class="problem-what">
        {title && <strong>{title}: </strong>}
        <Words text={what} />
      </p>
      <dl>
        {problem.why && (
          <>
            <dt>why</dt>
            {/* It may count seconds: read aloud with the rest when it comes, not each time that it changes. */}
            <dd class="problem-why" aria-live="off">
              {problem.why}
            </dd>
          </>
        )}
        {problem.remedy && (
          <>
            <dt>do</dt>
            <dd>
              <Words text={problem.remedy} />
            </dd>
          </>
        )}
      </dl>
      {onAgain && (
        <button type="button" class="quiet" onClick={onAgain}>
          Try again
        </button>
      )}
    </div>
  )
}

/** What a terminal shows between backticks is to be typed. */
function Words({ text }: { text: string }) {
  return <>{text.split('`').map((part, i) => (i % 2 === 1 ? <code key={i}>{part}</code> : part))}</>
}
