// The installer of the client's native part, run as set-up runs it, on a client whose releases are a server of this test.
import { execFile, execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

let folder: string
let client: string
let server: Server
let archive: Buffer
let asked: string[]

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ticklake-client-'))
  cpSync(join(import.meta.dirname, 'install.mjs'), join(folder, 'install.mjs'))
  mkdirSync(join(folder, 'Release'))
  writeFileSync(join(folder, 'Release/client.node'), 'prebuilt')
  execFileSync('tar', ['-czf', 'archive.tgz', 'Release'], { cwd: folder })
  archive = readFileSync(join(folder, 'archive.tgz'))
  asked = []
  server = createServer((request, response) => {
    asked.push(request.url!)
    response.end(archive)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  client = join(folder, 'client')
  mkdirSync(client)
  const compile = [
    "const { mkdirSync, writeFileSync } = require('node:fs')",
    "mkdirSync('build/Release', { recursive: true })",
    "writeFileSync('build/Release/client.node', 'compiled ' + process.argv[2])",
  ]
  writeFileSync(join(client, 'compile.js'), compile.join('\n'))
  writeFileSync(
    join(client, 'package.json'),
    JSON.stringify({
      name: 'client',
      version: '1.2.3',
      scripts: { install: 'node compile.js' },
      binary: {
        module_name: 'client',
        host: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
        remote_path: 'v{version}',
      },
    }),
  )
})

afterEach(async () => {
  await new Promise((resolve) => server.close(resolve))
  rmSync(folder, { recursive: true })
})

const name = () => {
  const libc = process.platform === 'linux' ? 'glibc' : 'unknown'
  return `client-v1.2.3-node-v${process.versions.modules}-${process.platform}-${libc}-${process.arch}.tar.gz`
}
const listed = (sum: string, file = name()) =>
  writeFileSync(join(folder, 'prebuilts.sha256'), `# list\n${sum}  ${file}\n`)
const sumOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

function install(...more: string[]): Promise<{ status: number; output: string }> {
  return new Promise((resolve) =>
    execFile(process.execPath, [join(folder, 'install.mjs'), client, ...more], (error, stdout, stderr) =>
      resolve({ status: error ? Number(error.code) : 0, output: stdout + stderr }),
    ),
  )
}
const installed = () => {
  const file = join(client, 'build/Release/client.node')
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined
}

test('a prebuilt whose sum is in the list is used', async () => {
  listed(sumOf(archive))
  expect(await install()).toMatchObject({ status: 0 })
  expect([installed(), asked]).toEqual(['prebuilt', [`/v1.2.3/${name()}`]])
})

test('one byte that differs is refused, and nothing of it is unpacked', async () => {
  const expected = sumOf(archive)
  listed(expected)
  archive[archive.length - 1]! ^= 1
  const { status, output } = await install()
  expect(status).toBe(1)
  for (const word of ['KAFKA_CLIENT_REFUSED', expected, sumOf(archive), name()])
    expect(output).toContain(word)
  expect(installed()).toBeUndefined()
})

test('one that is not in the list is not even asked for: the client is compiled', async () => {
  listed(sumOf(archive), 'client-v1.2.2-of-another-release.tar.gz')
  expect(await install()).toMatchObject({ status: 0 })
  expect(installed()).toBe('compiled --build-from-source')
  expect(asked).toEqual([])
})

test('one that cannot be fetched is compiled', async () => {
  listed(sumOf(archive))
  server.removeAllListeners('request').on('request', (_, response) => void response.writeHead(404).end())
  expect(await install()).toMatchObject({ status: 0 })
  expect(installed()).toBe('compiled --build-from-source')
})

test('--hash prints the line that a maintainer adds', async () => {
  listed('')
  const { output } = await install('--hash', 'darwin-unknown-arm64')
  expect(output).toBe(
    `${sumOf(archive)}  client-v1.2.3-node-v${process.versions.modules}-darwin-unknown-arm64.tar.gz\n`,
  )
})
