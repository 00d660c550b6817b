// A bordered section of a tab: title, controls, content.
import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'
import styles from './panel.module.css'

type Props = {
  /** Controls or a note at the right of the title. */
  readonly aside?: ComponentChildren
  /** `none`: the content reaches the border; `clipped`: and does not overflow it. */
  readonly padding?: 'none' | 'clipped'
  readonly children: ComponentChildren
} & ({ readonly title: string } | { readonly title?: never; readonly label: string })

export function Panel({ aside, padding, children, ...name }: Props) {
  const id = useId()
  return (
    <section
      class={styles.panel}
      data-padding={padding}
      {...(name.title === undefined ? { 'aria-label': name.label } : { 'aria-labelledby': id })}
    >
      {name.title !== undefined && (
        <div class={styles.head}>
          <h2 id={id}>{name.title}</h2>
          {aside}
        </div>
      )}
      {children}
    </section>
  )
}

/** A short note beside a panel's title. */
export function Legend({ children }: { readonly children: ComponentChildren }) {
  return <p class={styles.legend}>{children}</p>
}
