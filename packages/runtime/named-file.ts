// Reads a file that a variable names: passwords and certificates are files, so that no process list shows them.
import { readFileSync } from 'node:fs'
import { Failure, reasonOf } from './errors.ts'

/** The text of the file. @throws Failure CONFIG_INVALID that names the variable */
export function readNamedFile(variable: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new Failure({
      code: 'CONFIG_INVALID',
      what: `the file that ${variable} names cannot be read; nothing was started`,
      why: reasonOf(error),
      remedy: `put the file there, or change ${variable}`,
      cause: error,
    })
  }
}
