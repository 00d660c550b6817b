// What the alerts cost a day on AWS. Pure.
import { athenaCost } from '../cost.ts'
import { targetName } from './notify.ts'
import type { AlertRule } from './rule.ts'

const DAY_MS = 86_400_000

/** @param scannedBytes of one run of each alert; 0: the minimum that Athena bills */
export function planLines(rules: readonly AlertRule[], scannedBytes: readonly number[]): string[] {
  let total = 0
  const lines = rules.map((rule, i) => {
    const queries = DAY_MS / rule.everyMs
    const dollars = queries * athenaCost(scannedBytes[i] ?? 0)
    total += dollars
    const targets = rule.targets.map(targetName)
    return `${rule.name}: every ${rule.everyMs / 1000} s, ${Math.ceil(queries)} queries a day, $${dollars.toFixed(2)} a day; notifies ${targets.join(', ')}`
  })
  return [...lines, `alerts: ${rules.length}, $${total.toFixed(2)} a day on AWS`]
}
