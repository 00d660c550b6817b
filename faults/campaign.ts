// The campaign: round after round on one platform, and the sums of their results.
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { reasonOf } from '@ticklake/runtime/errors.ts'
import { adoptStack } from '@ticklake/stack/environment.ts'
import { emptyPrefix } from '@ticklake/testing/lake-reader.ts'
import { deleteTopic } from '@ticklake/testing/topic.ts'
import { Platform } from './platform.ts'
import { type Prepared, prepareRound } from './preparation.ts'
import { type RoundResult, runRound } from './round.ts'
import { drawScenario, type Scenario, scenarioText } from './scenario.ts'

const BUCKET = 'ticklake-faults'

export interface CampaignOptions {
  /** Round i has the seed `seed + i`, so that each can be repeated alone. */
  readonly seed: number
  readonly rounds: number
  /** A round after the first that would probably not end within this time is not begun; undefined: all are. */
  readonly withinMs: number | undefined
  /** The folder of all that servers and rounds write. */
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

/** A round whose preparation goes on beside the end of the one before. */
interface Upcoming {
  readonly scenario: Scenario
  readonly dir: string
  readonly prepared: Promise<Prepared>
}

/** Runs the rounds. @throws Failure if the servers do not start */
export async function runCampaign(options: CampaignOptions, signal: AbortSignal): Promise<CampaignSum> {
  const { seed, rounds, withinMs, dir, say } = options
  const begun = performance.now()
  const sum: CampaignSum = { rounds: 0, faults: 0, rows: 0, dead: 0, lost: 0, twice: 0, failed: [] }
  const servers = join(dir, `stack-${process.pid}`)
  mkdirSync(servers, { recursive: true })
  say('Starting Kafka, MiniStack, Trino and local-aws')
  await using platform = await Platform.start(servers, BUCKET, (name) => say(`  ${name} answers`))
  adoptStack(platform.env)
  const prepare = (i: number): Upcoming => {
    const scenario = drawScenario(seed + i)
    const roundDir = join(dir, `round-${seed + i}`)
    const prepared = platform.startMissing().then(() => prepareRound(scenario, platform.env, roundDir))
    // Whoever awaits it finds the error.
    prepared.catch(() => {})
    return { scenario, dir: roundDir, prepared }
  }
  const cleaning: Promise<void>[] = []
  let next = prepare(0)
  let longestMs = 0
  for (let i = 0; i < rounds && !signal.aborted; i++) {
    const roundBegun = performance.now()
    if (i > 0 && withinMs !== undefined && roundBegun - begun + longestMs > withinMs) {
      say(`the time is over: ${i} of ${rounds} rounds were run`)
      break
    }
    const round = next
    say(`\nround ${i + 1} of ${rounds}, ${scenarioText(round.scenario).join('\n')}`)
    const isGood = await oneRound(round, platform, say, sum, signal, () => {
      // The end of a round and the start of the next mostly wait.
      if (i + 1 < rounds) next = prepare(i + 1)
    })
    const prepared = await round.prepared.catch(() => undefined)
    // Its own brokers are no longer needed, whatever the result.
    await prepared?.cluster?.[Symbol.asyncDispose]()
    if (prepared && isGood) cleaning.push(cleanUp(prepared, say))
    longestMs = Math.max(longestMs, performance.now() - roundBegun)
  }
  const unused = await next.prepared.catch(() => undefined)
  await unused?.cluster?.[Symbol.asyncDispose]()
  await Promise.all(cleaning)
  // Running servers would write it again.
  await platform[Symbol.asyncDispose]()
  if (sum.failed.length === 0) rmSync(servers, { recursive: true, force: true })
  return sum
}

/** Runs a round, and adds its result. @returns whether nothing was wrong */
async function oneRound(
  round: Upcoming,
  platform: Platform,
  say: (line: string) => void,
  sum: CampaignSum,
  signal: AbortSignal,
  onFlowed: () => void,
): Promise<boolean> {
  const { seed } = round.scenario
  let result: RoundResult | undefined
  const problems: string[] = []
  let hasFlowed = false
  const flowed = () => {
    if (!hasFlowed) onFlowed()
    hasFlowed = true
  }
  try {
    result = await runRound(await round.prepared, platform, signal, flowed)
    problems.push(...result.problems)
  } catch (error) {
    if (signal.aborted) return false
    problems.push(`the round broke off: ${reasonOf(error)}`)
    flowed()
  }
  sum.rounds++
  for (const name of ['faults', 'rows', 'dead', 'lost', 'twice'] as const) sum[name] += result?.[name] ?? 0
  if (result) say(`  ${resultText(result)}`)
  if (problems.length === 0) return true
  sum.failed.push(seed)
  for (const problem of problems) say(`  WRONG: ${problem}`)
  say(`  repeat it: make faults SEED=${seed} ROUNDS=1; logs and claims: ${round.dir}`)
  return false
}

/** Rounds share the disk: data of a good round is no longer needed. The next round may be killing servers. */
async function cleanUp({ dir, env, cluster }: Prepared, say: (line: string) => void): Promise<void> {
  rmSync(dir, { recursive: true, force: true })
  try {
    if (!cluster) await deleteTopic(env)
    await emptyPrefix(env, `${env.LAKE_PREFIX}/`)
  } catch (error) {
    say(`  ${env.LAKE_PREFIX} was not cleaned up: ${reasonOf(error)}`)
  }
}

function resultText({
  faults,
  brokenRequests,
  rows,
  dead,
  lost,
  twice,
  eras,
  counts,
  slowestCountMs,
  compacted,
  deaths,
  seconds,
  laps,
}: RoundResult): string {
  return `${faults} faults (${brokenRequests} requests to S3 broken), ${rows} rows, ${dead} dead, lost ${lost}, twice ${twice}${eras > 0 ? `, ${eras} eras` : ''}; ${compacted} hours compacted, with ${deaths} kills; ${counts} counts meanwhile, the slowest in ${slowestCountMs.toFixed(0)} ms; ${seconds.toFixed(1)} s (${laps.map(([phase, took]) => `${phase} ${took.toFixed(1)}`).join(', ')})`
}

/** The last line. */
export function campaignLine({ rounds, faults, rows, dead, lost, twice }: CampaignSum): string {
  return `faults: rounds ${rounds}, faults ${faults}, rows ${rows}, dead ${dead}, lost ${lost}, twice ${twice}`
}

/** Whether the campaign proves something, and nothing is wrong. */
export function isGood({ rounds, faults, lost, twice, failed }: CampaignSum): boolean {
  return rounds > 0 && faults > 0 && lost === 0 && twice === 0 && failed.length === 0
}
