// A part that scrolls by itself; a keyboard can reach it, and a screen reader says what it is.
import type { ComponentChildren } from 'preact'

interface Props {
  label: string
  tall?: boolean
  children: ComponentChildren
}

export function ScrollArea({ label, tall, children }: Props) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: without it a keyboard could not scroll here
    <section class={`scroll ${tall ? 'tall' : ''}`} tabIndex={0} aria-label={label}>
      {children}
    </section>
  )
}
