import { existsSync, mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { LogFile } from './log-file.ts'

test('a server that writes for ever fills two files of 8 MiB and no more', () => {
  const dir = mkdtempSync(join(tmpdir(), 'ticklake-log-'))
  const log = new LogFile(join(dir, 'server.log'))
  const mebibyte = Buffer.alloc(1024 * 1024, 'x\n')
  for (let i = 0; i < 40; i++) log.write(mebibyte)
  log.close()
  expect(readdirSync(dir).sort()).toEqual(['server.log', 'server.log.1'])
  const bytes = readdirSync(dir).reduce((sum, name) => sum + statSync(join(dir, name)).size, 0)
  expect(bytes).toBeLessThanOrEqual(16 * 1024 * 1024)
})

test('what was logged by the run before is kept', () => {
  const path = join(mkdtempSync(join(tmpdir(), 'ticklake-log-')), 'server.log')
  for (const text of ['first\n', 'second\n']) {
    const log = new LogFile(path)
    log.write(text)
    log.close()
  }
  expect(readFileSync(path, 'utf8')).toBe('first\nsecond\n')
})

test.skipIf(!existsSync('/dev/full'))('a full disk loses lines, and ends nobody', () => {
  const log = new LogFile('/dev/full')
  log.write('a line that has no room')
  log.close()
})
