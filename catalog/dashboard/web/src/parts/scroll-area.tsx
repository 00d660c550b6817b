// An area that scrolls by itself; a keyboard can reach it, and a screen reader says what it is.
import type { ComponentChildren } from 'preact'
import styles from './scroll-area.module.css'

interface Props {
  readonly label: string
  readonly tall?: boolean
  readonly children: ComponentChildren
}

export function ScrollArea({ label, tall, children }: Props) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: without it a keyboard could not scroll here
    <section class={styles.scroll} data-tall={tall || undefined} tabIndex={0} aria-label={label}>
      {children}
    </section>
  )
}
