// The lists that `make pins` writes agree with what they are made of, so that a version cannot be changed in one alone.
import { globSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseArtifacts } from './artifacts.ts'
import { projectDir } from './paths.ts'

const read = (file: string) => readFileSync(join(projectDir, file), 'utf8')
const normal = (name: string) => name.toLowerCase().replaceAll(/[-_.]+/g, '-')
const pins = (text: string) =>
  [...text.matchAll(/^([\w.-]+)==([\w.!+-]+)/gm)].map(([, name, version]) => `${normal(name!)} ${version}`)

test.each(globSync('{stack/python,infra,infra/instance-like}/*.in', { cwd: projectDir }))(
  '%s and its list of hashes name the same versions',
  (file) => {
    const asked = pins(read(file))
    const list = read(file.replace(/\.in$/, '.txt'))
    expect(asked.length).toBeGreaterThan(0)
    expect(pins(list)).toEqual(expect.arrayContaining(asked))
    for (const entry of list.split(/\n(?=[A-Za-z0-9])/).slice(1)) expect(entry).toContain('--hash=sha256:')
  },
)

test.each(['stack/kafka', 'stack/trino', 'e2e/offline/images/kafka'])(
  'the artefacts of %s have the versions of its pom.xml',
  (folder) => {
    const listed = parseArtifacts(read(`${folder}/artifacts.sha256`))
    const asked = [...read(`${folder}/pom.xml`).matchAll(/<dependency>([\s\S]{1,400}?)<\/dependency>/g)].map(
      ([, text]) => {
        const of = (tag: string) => text!.split(`<${tag}>`)[1]!.split('<')[0]
        return { group: of('groupId'), name: of('artifactId'), version: of('version') }
      },
    )
    expect(asked.length).toBeGreaterThan(0)
    expect(listed).toEqual(expect.arrayContaining(asked.map((each) => expect.objectContaining(each))))
  },
)

const lock = (folder: string) =>
  JSON.parse(read(`${folder}/package-lock.json`)).packages as Record<
    string,
    { version?: string; integrity?: string; resolved?: string; link?: boolean }
  >

test('the images build the client that package-lock.json names, with the same packages beneath it', () => {
  const whole = lock('.')
  const alone = Object.entries(lock('stack/kafka-client')).filter(([path]) => path !== '')
  expect(alone.length).toBeGreaterThan(10)
  for (const [path, { integrity }] of alone) expect(whole[path]?.integrity, path).toBe(integrity)
})

test('set-up brings the Node whose hash is in its list, of one version for every processor', () => {
  const [, version] = /^node_version=(.*)$/m.exec(read('stack/setup.sh'))!
  for (const name of readdirSync(join(projectDir, 'stack/node'))) {
    expect(lock(`stack/node/${name}`)[`node_modules/${name}`]).toMatchObject({
      version,
      integrity: expect.stringMatching(/^sha512-/),
    })
  }
})

test('no lock file names a registry: every machine asks its own', () => {
  for (const folder of [
    '.',
    'stack/kafka-client',
    'e2e/offline/images/node',
    ...globSync('stack/node/*', { cwd: projectDir }),
  ]) {
    for (const [path, { resolved, link }] of Object.entries(lock(folder)))
      if (!link) expect(resolved, path).toBeUndefined()
  }
})

test('nothing is fetched by pip or Maven without being checked', () => {
  const scripts = [
    'stack/setup.sh',
    'infra/setup.sh',
    'stack/install.ts',
    'infra/instance-like/Dockerfile',
    'tools/conformance/clients.ts',
    ...globSync('e2e/offline/**/{*.sh,Dockerfile}', { cwd: projectDir }),
  ]
  for (const file of scripts) {
    const text = read(file)
    if (/pip['" ,]+(install|download)/.test(text)) expect(text, file).toMatch(/--require-hashes/)
    if (/^\s*(run )?\(?'?mvn /m.test(text))
      expect(text, file).toMatch(/--strict-checksums[\s\S]*check_?artifacts/i)
    expect(text, file).not.toMatch(/npm (install|pack)\b/)
  }
})
