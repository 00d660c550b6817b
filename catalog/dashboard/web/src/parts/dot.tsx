// A small dot whose colour says whether something works.
import styles from './dot.module.css'

interface Props {
  readonly state: 'good' | 'bad' | 'neutral'
  readonly busy?: boolean
}

export function Dot({ state, busy }: Props) {
  return <span class={styles.dot} data-state={state} data-busy={busy || undefined} aria-hidden="true" />
}
