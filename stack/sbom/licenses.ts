// The licence of a Python or Maven package, as its installed copy declares it; unknown if none is installed.
import { existsSync, globSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

const PARENTS_AT_MOST = 6

/** From the METADATA file that pip has unpacked in one of the environments of `.local/`. */
export function pythonLicense(project: string, name: string, version: string): string | undefined {
  const folder = `${name.replaceAll(/[-_.]+/g, '[-_.]')}-${version}.dist-info`
  const patterns = ['python', 'venv-infra', 'venv-pins'].map(
    (venv) => `.local/${venv}/lib/python3.*/site-packages/${folder}/METADATA`,
  )
  const [file] = globSync(patterns, { cwd: project })
  if (!file) return undefined
  const head = readFileSync(join(project, file), 'utf8').split('\n\n')[0]!
  const expression = /^License-Expression: (.+)$/m.exec(head)?.[1]
  const classifier = /^Classifier: License :: (?:OSI Approved :: )?(.+)$/m.exec(head)?.[1]
  // Some packages have the whole text in the old field.
  const field = /^License: (.{1,80})$/m.exec(head)?.[1]
  return expression ?? classifier ?? field
}

/** From the POM in Maven's local repository, or its nearest parent that declares one. */
export function mavenLicense(group: string, name: string, version: string): string | undefined {
  let at: readonly [string, string, string] = [group, name, version]
  for (let generation = 0; generation < PARENTS_AT_MOST; generation++) {
    const [g, a, v] = at
    const file = join(homedir(), '.m2/repository', g.replaceAll('.', '/'), a, v, `${a}-${v}.pom`)
    if (!existsSync(file)) return undefined
    const pom = readFileSync(file, 'utf8')
    const license = textOf(textOf(pom, 'license'), 'name')
    if (license) return license
    const parent = textOf(pom, 'parent')
    at = [textOf(parent, 'groupId'), textOf(parent, 'artifactId'), textOf(parent, 'version')]
    if (!at.every(Boolean)) return undefined
  }
  return undefined
}

/** The text between the first tag of this name and its end; undefined if there is none. */
function textOf(xml: string, tag: string): string {
  const start = xml.indexOf(`<${tag}>`)
  const end = xml.indexOf(`</${tag}>`, start)
  return start < 0 || end < 0 ? '' : xml.slice(start + tag.length + 2, end).trim()
}
