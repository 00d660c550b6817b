// The release of ticklake, which it records in what it writes, so that a release that cannot read it can name the one
// that can.
import { readFileSync } from 'node:fs'

const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  readonly version: string
}

/** The version in the project's package.json. */
export const release = manifest.version
