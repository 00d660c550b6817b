// The Ledger tab: the audit, the claims that say what landed, and the rejected records.
import type { About } from '../../../server/wire.ts'
import panel from '../parts/panel.module.css'
import { Audit } from './audit.tsx'
import { Claims } from './claims.tsx'
import { DeadLetterList } from './dead-letters.tsx'

export function LedgerTab({ about }: { about: About }) {
  return (
    <div class={panel.panels}>
      <h1>The ledger</h1>
      <Audit />
      <Claims about={about} />
      <DeadLetterList />
    </div>
  )
}
