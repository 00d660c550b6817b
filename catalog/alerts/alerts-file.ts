// Reads alerts.yml; every problem is reported at once, with its line.
import { readFileSync } from 'node:fs'
import type { LakeConfig } from '@ticklake/aws/config.ts'
import { Failure, reasonOf } from '@ticklake/runtime/errors.ts'
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml'
import { type AlertRule, changeSql, parseChange, parseDuration, type Target } from './rule.ts'

const LEAST_EVERY_MS = 10_000
const MOST_OVER_MS = 24 * 3_600_000
const MOST_ALERTS = 50
const known = ['name', 'when', 'sql', 'every', 'notify']

/** @throws Failure ALERTS_INVALID with every problem and its line */
export function readAlerts(file: string, lake: Pick<LakeConfig, 'database' | 'table'>): AlertRule[] {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw invalid(file, [reasonOf(error)])
  }
  return parseAlerts(text, file, lake)
}

/** @throws Failure ALERTS_INVALID with every problem and its line */
export function parseAlerts(
  text: string,
  file: string,
  lake: Pick<LakeConfig, 'database' | 'table'>,
): AlertRule[] {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const problems = document.errors.map(({ message }) => message.split('\n')[0]!)
  const say = (node: Node | null | undefined, problem: string) => {
    const line = node?.range ? lines.linePos(node.range[0]).line : 1
    problems.push(`line ${line}: ${problem}`)
  }
  const list = document.get('alerts', true) as Node | undefined
  if (problems.length > 0) throw invalid(file, problems)
  if (!isSeq(list)) throw invalid(file, ['line 1: `alerts:` with a list is missing'])
  if (list.items.length > MOST_ALERTS)
    say(list, `${list.items.length} alerts; at most ${MOST_ALERTS} are possible`)
  const rules: AlertRule[] = []
  for (const item of list.items) {
    if (!isMap(item)) {
      say(item as Node, 'an alert is a map with name, when or sql, every, notify')
      continue
    }
    const before = problems.length
    const value = (key: string) => item.get(key, true) as Node | undefined
    const textOf = (key: string): string | undefined => {
      const node = value(key)
      if (node === undefined) return undefined
      if (isScalar(node) && typeof node.value === 'string' && node.value.trim() !== '')
        return node.value.trim()
      say(node, `${key} must be a string`)
      return undefined
    }
    for (const pair of item.items) {
      const key = String(isScalar(pair.key) ? pair.key.value : pair.key)
      if (!known.includes(key))
        say(pair.key as Node, `${key} is unknown; expected one of ${known.join(', ')}`)
    }
    const [name, when, sql, every] = ['name', 'when', 'sql', 'every'].map(textOf)
    if (value('name') === undefined) say(item, 'name is missing')
    if (name !== undefined && rules.some((rule) => rule.name === name))
      say(item, `the name ${name} is already used`)
    if ((value('when') === undefined) === (value('sql') === undefined))
      say(item, 'exactly one of when and sql is needed')
    const everyMs = every === undefined ? undefined : parseDuration(every)
    if (value('every') === undefined) say(item, 'every is missing, for example `every: 1 m`')
    else if (every !== undefined && (everyMs === undefined || everyMs < LEAST_EVERY_MS)) {
      say(value('every'), `every must be a duration of at least 10 s, such as 30 s, 1 m or 1 h`)
    }
    const change = when === undefined ? undefined : parseChange(when)
    if (when !== undefined && !change) {
      say(value('when'), '`when` must have the form `HSI, change over 5 m above 2 %` (or `any, change …`)')
    }
    if (change && change.overMs > MOST_OVER_MS) say(value('when'), 'a change over more than 24 h needs sql')
    if (sql !== undefined && !/^(?:select|with)\s/i.test(sql)) say(value('sql'), 'sql must be a SELECT')
    const targets = targetsOf(value('notify'), say)
    if (problems.length > before) continue
    rules.push({
      name: name!,
      everyMs: everyMs!,
      targets,
      sql: change ? (nowMs) => changeSql(lake, change, nowMs) : () => sql!,
    })
  }
  if (problems.length > 0) throw invalid(file, problems)
  return rules
}

function targetsOf(node: Node | undefined, say: (node: Node | undefined, problem: string) => void): Target[] {
  if (node === undefined) return [{ kind: 'log' }, { kind: 'page' }]
  if (!isSeq(node)) {
    say(node, 'notify must be a list of log, page, webhook: URL, sns: ARN')
    return []
  }
  return (node.items as Node[]).flatMap((item): Target[] => {
    const value: unknown = item.toJSON()
    if (value === 'log' || value === 'page') return [{ kind: value }]
    const { webhook, sns } = (typeof value === 'object' && value !== null ? value : {}) as Record<
      string,
      unknown
    >
    if (typeof webhook === 'string' && /^https?:$/.test(URL.parse(webhook)?.protocol ?? '')) {
      return [{ kind: 'webhook', url: webhook }]
    }
    if (typeof sns === 'string' && /^arn:aws[\w-]*:sns:[\w-]+:\d{12}:[\w.-]{1,256}$/.test(sns)) {
      return [{ kind: 'sns', topic: sns }]
    }
    say(item, 'a target is log, page, `webhook: https://…` or `sns: arn:aws:sns:…`')
    return []
  })
}

function invalid(file: string, problems: readonly string[]): Failure {
  return new Failure({
    code: 'ALERTS_INVALID',
    what: `${file} has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}; no alert runs`,
    why: problems.join('\n       '),
    remedy:
      'correct the file that CATALOG_ALERTS_FILE names (docs/catalog.md#alerts), then `catalog alerts plan`',
  })
}
