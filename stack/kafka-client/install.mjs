// Brings the native part of the Kafka client: the published prebuilt whose SHA-256 stands in prebuilts.sha256, else a
// build from the sources in the npm package, which package-lock.json has the hash of. Plain JavaScript without a package,
// because it runs in the image that is being built, too.
//   node install.mjs FOLDER_OF_THE_CLIENT
//   node install.mjs FOLDER_OF_THE_CLIENT --hash linux-glibc-x64 darwin-unknown-arm64   (prints lines for the list)
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const FETCH_MS = 120_000

/** `linux-glibc-x64`, as the client's releases call the platform that this runs on. */
function thisPlatform() {
  const libc =
    process.platform !== 'linux'
      ? 'unknown'
      : process.report.getReport().header.glibcVersionRuntime
        ? 'glibc'
        : 'musl'
  return `${process.platform}-${libc}-${process.arch}`
}

/** The archive that the client's own package.json names for this Node. */
function archiveOf(client, platform) {
  const { version, binary } = JSON.parse(readFileSync(join(client, 'package.json'), 'utf8'))
  const name = `${binary.module_name}-v${version}-node-v${process.versions.modules}-${platform}.tar.gz`
  return { name, url: `${binary.host}${binary.remote_path.replace('{version}', version)}/${name}` }
}

/** The SHA-256 that the list has for a file, or undefined. */
function listedSum(list, name) {
  const line = list.split('\n').find((each) => each.endsWith(`  ${name}`))
  return line?.split(' ')[0]
}

async function download(url) {
  const answer = await fetch(url, { signal: AbortSignal.timeout(FETCH_MS) })
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`)
  return Buffer.from(await answer.arrayBuffer())
}

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex')

function run(command, args, cwd) {
  const { status, error } = spawnSync(command, args, { cwd, stdio: 'inherit' })
  if (status !== 0)
    fail(`${command} ${args.join(' ')} failed`, error?.message ?? `exit status ${status}`, 'see above')
}

function fail(what, why, remedy) {
  process.stderr.write(`error KAFKA_CLIENT_REFUSED: ${what}\n  why: ${why}\n  do:  ${remedy}\n`)
  process.exit(1)
}

/** Puts the prebuilt in its place; false where the list has none for this platform, or it cannot be fetched. */
async function installPrebuilt(client) {
  const { name, url } = archiveOf(client, thisPlatform())
  const expected = listedSum(readFileSync(join(import.meta.dirname, 'prebuilts.sha256'), 'utf8'), name)
  if (expected === undefined) {
    process.stdout.write(`prebuilts.sha256 has no ${name}: compiling\n`)
    return false
  }
  let bytes
  try {
    bytes = await download(url)
  } catch (error) {
    process.stdout.write(`${url}: ${error.cause?.message ?? error.message}: compiling\n`)
    return false
  }
  const actual = sha256(bytes)
  if (actual !== expected) {
    fail(
      'the prebuilt Kafka client is not the one that this release of ticklake names; it is not used',
      `${url} has SHA-256 ${actual}, stack/kafka-client/prebuilts.sha256 expects ${expected}`,
      'tell the maintainers; to go on meanwhile delete that line of the list: the client is then compiled',
    )
  }
  const scratch = mkdtempSync(join(tmpdir(), 'kafka-client-'))
  try {
    const archive = join(scratch, name)
    writeFileSync(archive, bytes)
    rmSync(join(client, 'build'), { recursive: true, force: true })
    run('mkdir', ['-p', join(client, 'build/Release')])
    run('tar', ['-xzf', archive, '-C', join(client, 'build/Release'), '--strip-components', '1'])
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
  return true
}

const [client, option, ...platforms] = process.argv.slice(2)
if (option === '--hash') {
  for (const platform of platforms) {
    const { name, url } = archiveOf(client, platform)
    process.stdout.write(`${sha256(await download(url))}  ${name}\n`)
  }
} else if (!(await installPrebuilt(client))) {
  run('npm', ['run', 'install', '--', '--build-from-source'], client)
}
