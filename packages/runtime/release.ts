// Which release of ticklake this is, for what it writes down: whoever cannot read it is told what can.
import { readFileSync } from 'node:fs'

const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  readonly version: string
}

/** The version in the project's package.json. */
export const release = manifest.version
