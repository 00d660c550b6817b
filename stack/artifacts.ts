// Checks Maven artefacts against a list in this repository: only files that match it byte for byte are used.
import { createHash } from 'node:crypto'
import { createReadStream, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { Failure } from '@ticklake/runtime/errors.ts'

/** One line of a list: `<SHA-256>  group:artifact:type[:classifier]:version`, as Maven writes coordinates. */
export interface Artifact {
  readonly sha256: string
  readonly group: string
  readonly name: string
  readonly version: string
  readonly type: string
  /** The name that Maven gives the file when it copies it. */
  readonly file: string
}

/** @throws Error that names the line which is not in this form */
export function parseArtifacts(text: string): Artifact[] {
  const artifacts: Artifact[] = []
  for (const [index, line] of text.split('\n').entries()) {
    if (line === '' || line.startsWith('#')) continue
    const match = /^([0-9a-f]{64}) {2}([\w.-]+):([\w.-]+):([a-z][\w.-]*)(?::([\w.-]+))?:([\w.-]+)$/.exec(line)
    if (!match) throw new Error(`line ${index + 1} is not "<SHA-256>  group:artifact:type:version": ${line}`)
    const [, sha256, group, name, type, classifier, version] = match as unknown as string[]
    const file = `${name}-${version}${classifier ? `-${classifier}` : ''}.${type}`
    artifacts.push({ sha256: sha256!, group: group!, name: name!, version: version!, type: type!, file })
  }
  return artifacts
}

/**
 * Compares every file of a folder with a list.
 * @throws Failure ARTIFACTS_DIFFER that names each file which is missing, unexpected or different
 */
export async function checkArtifacts(listFile: string, folder: string): Promise<void> {
  const findings: string[] = []
  const found = new Set(readdirSync(folder))
  for (const { file, sha256 } of readArtifacts(listFile)) {
    if (!found.delete(file)) {
      findings.push(`${file} is missing`)
      continue
    }
    const actual = await sha256Of(join(folder, file))
    if (actual !== sha256) findings.push(`${file} has SHA-256 ${actual}, expected ${sha256}`)
  }
  for (const file of found) findings.push(`${file} is not in the list`)
  if (findings.length === 0) return
  throw new Failure({
    code: 'ARTIFACTS_DIFFER',
    what: 'what Maven fetched is not what this release of ticklake names; none of it is used',
    why: `${relative(process.cwd(), listFile)}: ${findings.join('; ')}`,
    remedy:
      'delete the file from the local Maven repository (~/.m2/repository) and run the same command again; if it differs again, whatever answers for Maven Central serves something else. After a deliberate change of a version: make pins',
  })
}

/** @throws Failure ARTIFACTS_DIFFER when the list itself cannot be read */
export function readArtifacts(listFile: string): Artifact[] {
  try {
    return parseArtifacts(readFileSync(listFile, 'utf8'))
  } catch (error) {
    throw new Failure({
      code: 'ARTIFACTS_DIFFER',
      what: 'the list of Maven artefacts cannot be read; nothing of them is used',
      why: `${relative(process.cwd(), listFile)}: ${error instanceof Error ? error.message : String(error)}`,
      remedy: `restore it: git checkout -- ${relative(process.cwd(), listFile)}`,
      cause: error,
    })
  }
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}
