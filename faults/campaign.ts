// The campaign: round after round on one platform, and the sum of what they found.
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { reasonOf } from '@ticklake/runtime/errors.ts'
import { adoptStack } from '@ticklake/stack/environment.ts'
import { emptyPrefix } from './lake-reader.ts'
import { drawRound, planText } from './plan.ts'
import { Platform } from './platform.ts'
import { type RoundResult, runRound } from './round.ts'
import { deleteTopic } from './topic.ts'

const BUCKET = 'ticklake-faults'

export interface CampaignOptions {
  /** Round i has the seed `seed + i`, so that each can be seen again alone. */
  readonly seed: number
  readonly rounds: number
  /** No round begins that would probably not end within this time; undefined: all of them. */
  readonly withinMs: number | undefined
  /** Where servers and rounds keep what they write. */
  readonly dir: string
  readonly say: (line: string) => void
}

export interface CampaignSum {
  rounds: number
  faults: number
  rows: number
  dead: number
  lost: number
  twice: number
  /** Seeds of the rounds in which something was wrong. */
  readonly failed: number[]
}

/** Runs the rounds. @throws Failure when the servers do not start */
export async function runCampaign(options: CampaignOptions, signal: AbortSignal): Promise<CampaignSum> {
  const { seed, rounds, withinMs, dir, say } = options
  const begun = performance.now()
  const sum: CampaignSum = { rounds: 0, faults: 0, rows: 0, dead: 0, lost: 0, twice: 0, failed: [] }
  const servers = join(dir, `stack-${process.pid}`)
  mkdirSync(servers, { recursive: true })
  say('Starting Kafka, MiniStack, Trino and local-aws')
  await using platform = await Platform.start(servers, BUCKET, (name) => say(`  ${name} answers`))
  adoptStack(platform.env)
  let longestMs = 0
  for (let i = 0; i < rounds && !signal.aborted; i++) {
    const roundBegun = performance.now()
    if (withinMs !== undefined && roundBegun - begun + longestMs > withinMs) {
      say(`the time is over: ${i} of ${rounds} rounds were run`)
      break
    }
    await oneRound(seed + i, `${i + 1} of ${rounds}`, platform, options, sum, signal)
    longestMs = Math.max(longestMs, performance.now() - roundBegun)
  }
  if (sum.failed.length === 0) rmSync(servers, { recursive: true, force: true })
  return sum
}

async function oneRound(
  seed: number,
  which: string,
  platform: Platform,
  { dir, say }: CampaignOptions,
  sum: CampaignSum,
  signal: AbortSignal,
): Promise<void> {
  const plan = drawRound(seed)
  const roundDir = join(dir, `round-${seed}`)
  rmSync(roundDir, { recursive: true, force: true })
  say(`\nround ${which}, ${planText(plan).join('\n')}`)
  let result: RoundResult | undefined
  const problems: string[] = []
  try {
    result = await runRound(plan, platform, roundDir, signal)
    problems.push(...result.problems)
  } catch (error) {
    if (signal.aborted) return
    problems.push(`the round broke off: ${reasonOf(error)}`)
  }
  sum.rounds++
  for (const name of ['faults', 'rows', 'dead', 'lost', 'twice'] as const) sum[name] += result?.[name] ?? 0
  if (result) say(`  ${resultText(result)}`)
  if (problems.length === 0) {
    rmSync(roundDir, { recursive: true, force: true })
    // Rounds share the disk: what was found right is not needed any more.
    await deleteTopic({ ...platform.env, KAFKA_TOPIC: `round-${seed}` })
    await emptyPrefix(platform.env, `round-${seed}/`)
    return
  }
  sum.failed.push(seed)
  for (const problem of problems) say(`  WRONG: ${problem}`)
  say(`  see it again: make faults SEED=${seed} ROUNDS=1; logs and claims: ${roundDir}`)
}

function resultText({
  faults,
  brokenRequests,
  rows,
  dead,
  lost,
  twice,
  counts,
  seconds,
}: RoundResult): string {
  return `${faults} faults (${brokenRequests} requests to S3 broken), ${rows} rows, ${dead} dead, lost ${lost}, twice ${twice}; counted ${counts} times meanwhile; ${seconds.toFixed(1)} s`
}

/** The last line. */
export function campaignLine({ rounds, faults, rows, dead, lost, twice }: CampaignSum): string {
  return `faults: rounds ${rounds}, faults ${faults}, rows ${rows}, dead ${dead}, lost ${lost}, twice ${twice}`
}

/** Whether the campaign proves something, and nothing is wrong. */
export function isGood({ rounds, faults, lost, twice, failed }: CampaignSum): boolean {
  return rounds > 0 && faults > 0 && lost === 0 && twice === 0 && failed.length === 0
}
