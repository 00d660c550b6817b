// The statements that this browser ran before; picking one loads it into the editor.
import { useRef } from 'preact/hooks'
import { clock } from '../parts/format.ts'
import type { Past } from './history.ts'
import styles from './history-menu.module.css'

export function HistoryMenu({ past, onPick }: { past: readonly Past[]; onPick: (sql: string) => void }) {
  const menu = useRef<HTMLDetailsElement>(null)
  return (
    <details
      class={styles.menu}
      ref={menu}
      onKeyDown={(event) => {
        if (event.key === 'Escape' && menu.current) {
          menu.current.open = false
          menu.current.querySelector('summary')?.focus()
        }
      }}
    >
      <summary>History</summary>
      <div class={styles.body} data-testid="history">
        {past.length === 0 && <p class="empty">No statement yet.</p>}
        <ul>
          {past.map(({ sql, at, outcome }) => (
            <li key={at}>
              <button
                type="button"
                onClick={() => {
                  menu.current!.open = false
                  onPick(sql)
                }}
              >
                <code>{sql.replace(/\s+/g, ' ').slice(0, 140)}</code>
                <span class="note">
                  {clock(at)} · {outcome}
                </span>
              </button>
            </li>
          ))}
        </ul>
      </div>
    </details>
  )
}
