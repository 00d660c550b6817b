import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { checkArtifacts, parseArtifacts } from './artifacts.ts'

const sum = (text: string) => createHash('sha256').update(text).digest('hex')
let folder: string
let list: string

/** A folder with two artefacts, and the list that names them. */
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ticklake-artifacts-'))
  list = `${folder}.sha256`
  writeFileSync(join(folder, 'kafka_2.13-4.3.1.jar'), 'a broker')
  writeFileSync(join(folder, 'netty-4.2-linux-x86_64.jar'), 'a native library')
  writeFileSync(
    list,
    `# made by make pins\n${sum('a broker')}  org.apache.kafka:kafka_2.13:jar:4.3.1\n${sum('a native library')}  io.netty:netty:jar:linux-x86_64:4.2\n`,
  )
})

afterEach(() => {
  rmSync(folder, { recursive: true })
  rmSync(list)
})

const findings = () =>
  checkArtifacts(list, folder).then(
    () => undefined,
    (error: { code: string; why: string }) => `${error.code} ${error.why}`,
  )

test('exactly what the list names is taken', async () => {
  expect(await findings()).toBeUndefined()
})

test('one byte that differs is refused, with the file, what was expected and what was found', async () => {
  writeFileSync(join(folder, 'kafka_2.13-4.3.1.jar'), 'a brokes')
  const found = await findings()
  for (const word of [
    'ARTIFACTS_DIFFER',
    'kafka_2.13-4.3.1.jar',
    sum('a broker'),
    sum('a brokes'),
    list.split('/').at(-1),
  ]) {
    expect(found).toContain(word)
  }
})

test('what is missing and what nobody asked for is refused, all at once', async () => {
  rmSync(join(folder, 'netty-4.2-linux-x86_64.jar'))
  writeFileSync(join(folder, 'more.jar'), '')
  expect(await findings()).toMatch(/netty-4\.2-linux-x86_64\.jar is missing; more\.jar is not in the list/)
})

test.each([
  ['a sum that is cut short', `${'a'.repeat(63)}  g:a:jar:1`],
  ['a path', `${'a'.repeat(64)}  g:../../a:jar:1`],
  ['a file’s name instead of coordinates', `${'a'.repeat(64)}  a-1.jar`],
])('%s in the list is refused, with its line', async (_, line) => {
  writeFileSync(list, `# a comment\n${line}\n`)
  expect(await findings()).toMatch(/line 2 is not/)
})

test('a list that is not there is refused', async () => {
  writeFileSync(`${folder}/x`, '')
  await expect(checkArtifacts(`${list}.gone`, folder)).rejects.toMatchObject({ code: 'ARTIFACTS_DIFFER' })
})

test('coordinates become the name that Maven gives the file', () => {
  expect(parseArtifacts(`${'a'.repeat(64)}  io.trino:trino-server-core:tar.gz:476`)).toMatchObject([
    { group: 'io.trino', file: 'trino-server-core-476.tar.gz' },
  ])
})
