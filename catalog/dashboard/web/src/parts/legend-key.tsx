// The colour of one series, in a chart's legend.
import styles from './legend-key.module.css'

export function LegendKey({ of }: { readonly of: 'produced' | 'landed' | 'counted' | 'offset' | 'lag' }) {
  return <span class={styles.key} data-of={of} />
}
