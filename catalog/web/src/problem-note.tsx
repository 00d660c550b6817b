// Something is wrong: what, why, and what to do.
import type { Problem } from '../../page/wire.ts'

interface Props {
  problem: Problem
  title?: string
  onAgain?: () => void
}

export function ProblemNote({ problem, title, onAgain }: Props) {
  return (
    <div class="problem" role="alert">
      <p class="problem-what">
        {title && !problem.what.startsWith(`${title}:`) && <strong>{title}: </strong>}
        {problem.what}
      </p>
      <dl>
        {problem.why && (
          <>
            <dt>why</dt>
            <dd class="problem-why">{problem.why}</dd>
          </>
        )}
        {problem.remedy && (
          <>
            <dt>do</dt>
            <dd>{problem.remedy}</dd>
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
