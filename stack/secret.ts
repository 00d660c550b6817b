// The secret of one start: MiniStack and Trino answer nobody who does not know it, so no web page and no other user.
import { randomBytes } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Secret {
  /** The file that the servers read; only its owner may. */
  readonly file: string
  readonly text: string
}

/** Makes one below `dir`; that of an earlier start is gone. */
export function newSecret(dir: string): Secret {
  const secret = { file: join(dir, 'engines.secret'), text: randomBytes(32).toString('hex') }
  // A file that is there would keep its permissions.
  rmSync(secret.file, { force: true })
  writeFileSync(secret.file, secret.text, { mode: 0o600, flag: 'wx' })
  return secret
}
