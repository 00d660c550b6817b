// dataset.json: what was fixed when the dataset was first written, and the proof that the bucket keeps such a promise.
import type { Dataset } from '@ticklake/contract/claim.ts'
import { CONTRACT_VERSION } from '@ticklake/contract/columns.ts'
import { beginningKey, datasetKey } from '@ticklake/contract/keys.ts'
import { Failure, reasonOf } from '@ticklake/runtime/errors.ts'
import { type Beginning, beginningText, parseBeginning, type SettledBeginning } from './beginning.ts'
import type { Plan } from './plan.ts'
import type { ObjectStore } from './s3.ts'

/** Which variable a consumer would have to change to agree with the stored setting. */
const variableOf: Record<keyof Omit<Dataset, 'v' | 'from'>, string> = {
  topic: 'KAFKA_TOPIC',
  topicId: 'KAFKA_TOPIC (a topic of this name was deleted and made anew)',
  format: 'LAKE_FORMAT',
  routing: 'the release of ticklake',
  contract: 'the release of ticklake',
}

/** What this consumer would write down for a new dataset. */
export function datasetOf(plan: Plan, from?: Beginning): Dataset {
  return {
    v: 1,
    topic: plan.topic,
    topicId: plan.topicId,
    format: plan.format,
    routing: 'hour-utc',
    contract: CONTRACT_VERSION,
    ...(from && { from: beginningText(from) }),
  }
}

/**
 * Opens the dataset: writes dataset.json when there is none, else compares.
 * @param from where the dataset is to begin; undefined takes it as it is, and a new one begins at offset 0
 * @returns where partitions without claims begin, which never changes after the first start, and how each settles it
 * @throws Failure DATASET_DIFFERS naming each setting that differs; CONDITIONAL_WRITES_IGNORED when the bucket
 *   stores an object although its key is taken: then nothing could be exactly once. SDK errors pass through.
 */
export async function openDataset(
  store: ObjectStore,
  plan: Plan,
  from?: Beginning,
): Promise<SettledBeginning | undefined> {
  const key = datasetKey(plan.lake)
  const wanted = datasetOf(plan, from)
  const body = `${JSON.stringify(wanted)}\n`
  const first = await store.putIfAbsent(key, body, 'application/json')
  if (first === 'stored' && (await store.putIfAbsent(key, body, 'application/json')) === 'stored') {
    throw new Failure({
      code: 'CONDITIONAL_WRITES_IGNORED',
      what: 'the bucket overwrites objects that were to be written only once; nothing was consumed',
      why: `a second PUT of ${key} with If-None-Match: * was stored, S3 answers 412`,
      remedy: 'use Amazon S3 or a server that honours If-None-Match on PUT',
    })
  }
  const text = await store.read(key)
  if (text === undefined) throw new Error(`${key} was there and is gone`)
  const stored = JSON.parse(text) as Dataset
  const differences = differencesOf(stored, wanted)
  if (from && stored.from !== wanted.from) {
    differences.push(
      `from: the dataset begins at ${stored.from ?? 'offset 0'}, this consumer asks for ${wanted.from} (--from)`,
    )
  }
  if (differences.length > 0) {
    throw new Failure({
      code: 'DATASET_DIFFERS',
      what: `the dataset ${plan.lake.dataset} was begun with other settings; nothing was consumed`,
      why: differences.join('\n       '),
      remedy: 'set them as the dataset has them, or name a new dataset with LAKE_DATASET (or --dataset)',
    })
  }
  if (stored.from === undefined) return undefined
  return {
    ...parseBeginning(stored.from),
    settle: (partition, seen) => settleBeginning(store, plan, partition, seen),
  }
}

/** Written down also at 0: to a later look, what Kafka has deleted since would seem to lie before the beginning. */
async function settleBeginning(
  store: ObjectStore,
  plan: Plan,
  partition: number,
  seen: number,
): Promise<number> {
  const key = beginningKey(plan.lake, plan.topicId, partition)
  const body = `${JSON.stringify({ v: 1, offset: seen })}\n`
  if ((await store.putIfAbsent(key, body, 'application/json')) === 'stored') return seen
  const text = await store.read(key)
  if (text === undefined) throw new Error(`${key} is being written by somebody else`)
  try {
    const { v, offset } = JSON.parse(text) as { v: number; offset: number }
    if (v !== 1 || !Number.isSafeInteger(offset) || offset < 0) throw new Error(`it is ${text.trim()}`)
    return offset
  } catch (error) {
    throw new Failure({
      code: 'BEGINNING_UNREADABLE',
      what: `${key} does not say where partition ${partition} begins; nothing is read from it`,
      why: reasonOf(error),
      remedy: 'restore the object, or run the release that wrote it; never delete it',
      cause: error,
    })
  }
}

function differencesOf(stored: Dataset, wanted: Dataset): string[] {
  if (stored.v !== wanted.v) return [`dataset.json has version ${stored.v}, this release reads ${wanted.v}`]
  return (Object.keys(variableOf) as (keyof typeof variableOf)[])
    .filter((name) => stored[name] !== wanted[name])
    .map(
      (name) =>
        `${name}: the dataset has ${stored[name]}, this consumer ${wanted[name]} (${variableOf[name]})`,
    )
}
