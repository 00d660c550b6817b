// A scrolling area that the keyboard can reach and a screen reader names.
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
