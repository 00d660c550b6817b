// Gets clients and their suites into .local/conformance/: packages by their lists of hashes, repositories by tag.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Failure, reasonOf } from '@ticklake/runtime/errors.ts'
import { localDir } from '../../stack/paths.ts'
import { run } from './process.ts'
import { lists, type Suite } from './suites.ts'

const root = join(localDir, 'conformance')

/**
 * The virtual environment of a suite, recreated if its list has changed.
 * @returns the folder with its programs
 */
export async function installClient(suite: Suite, signal: AbortSignal): Promise<string> {
  const environment = join(root, suite.environment)
  const list = join(lists, `${suite.environment}.txt`)
  const stamp = join(environment, 'installed.txt')
  const wanted = readFileSync(list, 'utf8')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return join(environment, 'bin')
  mkdirSync(root, { recursive: true })
  await run('python3', ['-m', 'venv', '--clear', environment], { signal })
  const safely = [
    '--require-hashes',
    // The list is complete. With hashes, pip would otherwise take a dependency with an extra for a missing one.
    '--no-deps',
    '--only-binary',
    ':all:',
    '--disable-pip-version-check',
    '--no-input',
    '--quiet',
  ]
  await run(join(environment, 'bin/python'), ['-m', 'pip', 'install', ...safely, '-r', list], { signal })
  writeFileSync(stamp, wanted)
  return join(environment, 'bin')
}

/**
 * The folder of a suite's tests, for this run to write into.
 * @param given the user's folder of checkouts (SUITES), if any
 * @throws Failure SUITE_NOT_REACHED
 */
export async function suiteFolder(
  suite: Suite,
  bin: string,
  given: string | undefined,
  signal: AbortSignal,
): Promise<string> {
  const { source } = suite
  if (source.kind === 'own') return import.meta.dirname
  const checkout = join(root, 'suites', source.folder)
  const theirs = given && join(given, source.folder)
  if (theirs && existsSync(theirs)) {
    rmSync(checkout, { recursive: true, force: true })
    cpSync(theirs, checkout, { recursive: true })
    return checkout
  }
  if (existsSync(checkout)) return checkout
  mkdirSync(join(root, 'suites'), { recursive: true })
  try {
    if (source.kind === 'repository') {
      const draft = `${checkout}.partial`
      rmSync(draft, { recursive: true, force: true })
      await run('git', ['clone', '--quiet', '--depth', '1', '--branch', source.tag, source.url, draft], {
        signal,
      })
      cpSync(draft, checkout, { recursive: true })
      rmSync(draft, { recursive: true })
      return checkout
    }
    await unpackSdist(source.requirement, bin, signal)
  } catch (error) {
    throw new Failure({
      code: 'SUITE_NOT_REACHED',
      what: `the tests of ${suite.client} cannot be fetched; this suite is left out`,
      why: reasonOf(error),
      remedy: `put a checkout into DIR/${source.folder} and run make conformance SUITES=DIR`,
      cause: error,
    })
  }
  return checkout
}

/** Fetches and unpacks a source distribution, which its list below python/ pins. */
async function unpackSdist(requirement: string, bin: string, signal: AbortSignal): Promise<void> {
  const suites = join(root, 'suites')
  const list = join(lists, `${requirement.split('==')[0]}-sdist.txt`)
  const safely = ['--require-hashes', '--no-deps', '--no-binary', ':all:', '--no-build-isolation', '--quiet']
  const pip = ['-m', 'pip', 'download', ...safely, '--disable-pip-version-check', '-d', suites, '-r', list]
  await run(join(bin, 'python'), pip, { signal })
  const archive = readdirSync(suites).find((name) => name.endsWith('.tar.gz'))
  await run('tar', ['-xzf', join(suites, archive!), '-C', suites], { signal })
  rmSync(join(suites, archive!))
}
