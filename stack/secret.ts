// The secret of one start: MiniStack and Trino answer only requests that have it, so no web page and no other user.
import { randomBytes } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Secret {
  /** The file that the servers read; only its owner may. */
  readonly file: string
  readonly text: string
}

/** Creates one below `dir`, and deletes that of an earlier start. */
export function newSecret(dir: string): Secret {
  const secret = { file: join(dir, 'engines.secret'), text: randomBytes(32).toString('hex') }
  // An existing file would keep its permissions.
  rmSync(secret.file, { force: true })
  writeFileSync(secret.file, secret.text, { mode: 0o600, flag: 'wx' })
  return secret
}
