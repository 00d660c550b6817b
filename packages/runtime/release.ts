// The release of ticklake, recorded in what it writes: a release that cannot read it names the one that can.
import { readFileSync } from 'node:fs'

const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  readonly version: string
}

/** The version in the project's package.json. */
export const release = manifest.version
