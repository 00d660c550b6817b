// Creates or updates the stack, then writes how to connect to it.
import { createInterface } from 'node:readline/promises'
import type { StackEvent } from '@aws-sdk/client-cloudformation'
import { Failure } from '@ticklake/runtime/errors.ts'
import { printable } from '@ticklake/runtime/printable.ts'
import { fetchBrokerAccess, writePrivately } from './broker-access.ts'
import { CloudFormation, type ProposedChange, type StackState } from './cloudformation.ts'
import { type Deployment, envAws } from './env-aws.ts'
import { withArchiveSum } from './kafka-archive.ts'
import { callersRange } from './public-address.ts'
import type { Template } from './template.ts'

export interface Target {
  readonly stack: string
  /** The parent of each stack's folder with passwords and the broker's certificate. */
  readonly secretsFolder: string
  readonly envFile: string
  readonly yes: boolean
}

/** Steps and progress go to standard error. */
export const say = (text: string) => process.stderr.write(`${printable(text)}\n`)

/** `deploy`. @throws Failure */
export async function deploy(
  template: Template,
  given: Readonly<Record<string, string>>,
  target: Target,
  signal: AbortSignal,
): Promise<void> {
  const cloud = new CloudFormation(target.stack)
  const there = await cloud.state()
  if (there?.status === 'ROLLBACK_COMPLETE' || there?.status === 'ROLLBACK_FAILED') {
    // A stack whose creation failed can only be deleted; the rollback has deleted its bucket.
    say(`the first attempt at ${target.stack} failed: deleting it`)
    await cloud.delete(signal, logEvent)
  }
  const parameters = withArchiveSum(template, given)
  parameters.ClientCidr ??= await callersRange()
  const before = there?.parameters.ClientCidr
  const changed = before !== undefined && before !== parameters.ClientCidr ? ` (until now ${before})` : ''
  say(`the broker will admit ${parameters.ClientCidr} and no one else${changed}`)
  const names = Object.keys(template.Parameters)
  const changes = await cloud.propose(JSON.stringify(template), names, parameters)
  let state: StackState | undefined
  if (changes.length === 0) {
    say(`${target.stack} is already up to date`)
    state = await cloud.state()
  } else {
    for (const change of changes) say(changeLine(change))
    if (!target.yes && !(await agreed(`apply ${changes.length} changes in ${await cloud.region()}?`))) {
      await cloud.discardProposal()
      throw new Failure({
        code: 'NOT_AGREED',
        what: 'nothing was created or changed',
        why: 'you did not say yes',
        remedy: 'say yes, or pass --yes without a terminal',
      })
    }
    state = await cloud.carryOut(signal, logEvent)
  }
  await writeDown(state!, target, await cloud.region())
}

/** Fetches passwords and certificate, and writes .env.aws. */
export async function writeDown(state: StackState, target: Target, region: string): Promise<Deployment> {
  const deployment: Deployment = {
    stack: target.stack,
    region,
    folder: `${target.secretsFolder}/${target.stack}`,
    profile: process.env.AWS_PROFILE || undefined,
  }
  await fetchBrokerAccess(state.outputs, deployment.folder)
  await writePrivately(target.envFile, envAws(state.outputs, deployment))
  say(`wrote ${target.envFile} and ${deployment.folder}: the broker is at ${state.outputs.BootstrapServers}`)
  return deployment
}

export function logEvent(event: StackEvent): void {
  const reason = event.ResourceStatusReason ? `  ${event.ResourceStatusReason}` : ''
  say(`  ${(event.ResourceStatus ?? '').padEnd(20)} ${event.LogicalResourceId}${reason}`)
}

/** Asks on the terminal; without one, the answer is no. */
export async function agreed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) return false
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim())
  } finally {
    terminal.close()
  }
}

function changeLine(change: ProposedChange): string {
  const replaced = change.replaces ? '  (a new one replaces it)' : ''
  return `  ${change.action.toLowerCase().padEnd(7)} ${change.type.padEnd(38)} ${change.name}${replaced}`
}
