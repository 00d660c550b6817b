// The alert rules: each has a positive and a negative case, says what to do, and uses metrics that the services have.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { LEAST_FREE_BYTES } from '@ticklake/runtime/disk-space.ts'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { metricsByService } from '../../tools/docs/metrics.ts'

interface Rule {
  readonly alert: string
  readonly expr: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}
interface Case {
  readonly alert_rule_test: readonly { readonly alertname: string; readonly exp_alerts: readonly unknown[] }[]
}

const file = (name: string) => join(import.meta.dirname, name)
const read = (name: string) => parse(readFileSync(file(name), 'utf8'))
const rules = (read('rules.yml') as { groups: { rules: Rule[] }[] }).groups.flatMap((group) => group.rules)
const testFiles = ['rules.test.yml', 'rules.days.test.yml']
const cases = testFiles.flatMap((name) =>
  (read(name) as { tests: Case[] }).tests.flatMap((test) => test.alert_rule_test),
)
const known = new Set(
  Object.values(await metricsByService())
    .flat()
    .map(({ name }) => name),
)

test.each(rules)(
  '$alert says what it is, what it means for the data, and what to do',
  ({ alert, ...rule }) => {
    expect(alert).toMatch(/^Ticklake[A-Z]/)
    expect(['warning', 'critical']).toContain(rule.labels.severity)
    for (const annotation of ['summary', 'meaning', 'action'])
      expect(rule.annotations[annotation]).toBeTruthy()
  },
)

test.each(rules)('$alert uses metrics that the services have', ({ expr }) => {
  const names = expr.match(/\b(ticklake|nodejs|process)_\w+/g) ?? []
  // `up` is Prometheus' own.
  expect(names.length + (expr.match(/\bup\b/g) ?? []).length).toBeGreaterThan(0)
  for (const name of names) expect(known).toContain(name.replace(/_(bucket|sum|count)$/, ''))
})

test.each(rules)('$alert is tested where it fires and where it does not', ({ alert }) => {
  const own = cases.filter(({ alertname }) => alertname === alert)
  expect(own.some(({ exp_alerts }) => exp_alerts.length > 0)).toBe(true)
  expect(own.some(({ exp_alerts }) => exp_alerts.length === 0)).toBe(true)
})

// Set-up unpacks it if Debian's packages are available; only it can evaluate the rules.
const promtool = [join(import.meta.dirname, '../../.local/promtool/promtool'), 'promtool'].find(
  (path) => (path === 'promtool' || existsSync(path)) && spawnSync(path, ['--version']).status === 0,
)

test('promtool: each alert fires when it must, and only then', { timeout: 120_000 }, (context) => {
  if (!promtool) return context.skip('there is no promtool here (apt-get install prometheus)')
  const { status, stdout, stderr } = spawnSync(promtool, ['test', 'rules', ...testFiles.map(file)], {
    encoding: 'utf8',
  })
  expect(`${stdout}${stderr}`).toContain('SUCCESS')
  expect(status).toBe(0)
})

test('the alert for a nearly full disk has the limit below which servers refuse to start', () => {
  expect(rules.find(({ alert }) => alert === 'TicklakeDiskFull')!.expr).toContain(
    `ticklake_local_aws_disk_free_bytes) < ${LEAST_FREE_BYTES / 1e6}e6`,
  )
})
