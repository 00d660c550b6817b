// dataset.json: what was fixed when the dataset was first written, the contract that it was raised to since, and the
// proof that the bucket keeps such a promise.
import { type Dataset, writtenBy } from '@ticklake/contract/claim.ts'
import { CONTRACT_VERSION } from '@ticklake/contract/columns.ts'
import { beginningKey, datasetKey } from '@ticklake/contract/keys.ts'
import { parseDataset } from '@ticklake/lake/dataset.ts'
import { Failure, reasonOf } from '@ticklake/runtime/errors.ts'
import { release } from '@ticklake/runtime/release.ts'
import { type Beginning, beginningText, parseBeginning, type SettledBeginning } from '../group/start-point.ts'
import type { ObjectStore } from '../s3.ts'
import type { Plan } from './claim-builder.ts'
import { sharedQuestion } from './shared-question.ts'

/** Which variable a consumer would have to change to agree with the stored setting. */
const variableOf = {
  topic: 'KAFKA_TOPIC',
  topicId: 'KAFKA_TOPIC (a topic of this name was deleted and made anew)',
  format: 'LAKE_FORMAT',
  routing: 'the release of ticklake',
} as const

/** Told when a dataset of an earlier contract was raised to this release's. */
export type OnRaised = (from: number, to: number) => void

/** What this consumer would write down for a new dataset. */
export function datasetOf(plan: Plan, from?: Beginning): Dataset {
  return {
    v: 1,
    topic: plan.topic,
    topicId: plan.topicId,
    format: plan.format,
    routing: 'hour-utc',
    contract: CONTRACT_VERSION,
    release,
    ...(from && { from: beginningText(from) }),
  }
}

/**
 * Opens the dataset: writes dataset.json when there is none, else compares. One of an earlier contract is raised.
 * @param from where the dataset is to begin; undefined takes it as it is, and a new one begins at offset 0
 * @returns where partitions without claims begin, which never changes after the first start, and how each settles it
 * @throws Failure DATASET_DIFFERS naming each setting that differs; NEWER_CONTRACT naming the release that is needed;
 *   CONDITIONAL_WRITES_IGNORED when the bucket stores an object although its key is taken: then nothing could be
 *   exactly once. SDK errors pass through.
 */
export async function openDataset(
  store: ObjectStore,
  plan: Plan,
  from?: Beginning,
  onRaised: OnRaised = () => {},
): Promise<SettledBeginning | undefined> {
  const key = datasetKey(plan.lake)
  const body = `${JSON.stringify(datasetOf(plan, from))}\n`
  const first = await store.putIfAbsent(key, body, 'application/json')
  if (first === 'stored' && (await store.putIfAbsent(key, body, 'application/json')) === 'stored') {
    throw conditionalWritesIgnored(`a second PUT of ${key} with If-None-Match: * was stored, S3 answers 412`)
  }
  const stored = await agree(store, plan, { from, onRaised, meanwhile: 'nothing was consumed' })
  if (stored === undefined) throw new Error(`${key} was there and is gone`)
  if (stored.from === undefined) return undefined
  return {
    ...parseBeginning(stored.from),
    settle: (partition, seen) => settleBeginning(store, plan, partition, seen),
  }
}

/**
 * Asks of a running consumer's dataset whether it is still what it was opened as. To be asked after records were read
 * and before they are claimed: a field that came with a newer contract is sent only after the dataset was raised, so
 * that a consumer which does not know it has stopped before it could drop it.
 * @returns a question that many calls at a time share
 * @throws (when asked) Failure NEWER_CONTRACT, DATASET_DIFFERS, DATASET_MISSING
 */
export function datasetGuard(store: ObjectStore, plan: Plan, onRaised: OnRaised): () => Promise<void> {
  return sharedQuestion(async () => {
    if (await agree(store, plan, { onRaised, meanwhile: 'nothing more is claimed' })) return
    throw new Failure({
      code: 'DATASET_MISSING',
      what: `${datasetKey(plan.lake)} is gone; nothing more is claimed, and what was claimed is finished`,
      why: 'somebody deletes what the consumer wrote: without it a consumer with other settings could not be told apart',
      remedy:
        'put the object back from a version or a backup of the bucket, or begin a new dataset with LAKE_DATASET',
    })
  })
}

/** Compares dataset.json with this consumer's settings, and raises its contract where that is earlier. */
async function agree(
  store: ObjectStore,
  plan: Plan,
  { from, onRaised, meanwhile }: { from?: Beginning | undefined; onRaised: OnRaised; meanwhile: string },
): Promise<Dataset | undefined> {
  for (;;) {
    const found = await store.text(datasetKey(plan.lake))
    if (!found) return undefined
    const stored = parseDataset(found.text, plan.lake, meanwhile)
    if (stored.v === 1 && stored.contract > CONTRACT_VERSION) throw newerContract(stored, plan, meanwhile)
    const differences = differencesOf(stored, plan, from)
    if (differences.length > 0) {
      throw new Failure({
        code: 'DATASET_DIFFERS',
        what: `the dataset ${plan.lake.dataset} was begun with other settings; ${meanwhile}`,
        why: differences.join('\n       '),
        remedy: 'set them as the dataset has them, or name a new dataset with LAKE_DATASET (or --dataset)',
      })
    }
    if (stored.contract === CONTRACT_VERSION) return stored
    if (await raise(store, plan, found, stored)) onRaised(stored.contract, CONTRACT_VERSION)
  }
}

/** Writes this release's contract into dataset.json. False: it has changed meanwhile, and is to be read again. */
async function raise(
  store: ObjectStore,
  plan: Plan,
  { text, etag }: { readonly text: string; readonly etag: string },
  stored: Dataset,
): Promise<boolean> {
  const key = datasetKey(plan.lake)
  // The same text, so that nothing is harmed where the bucket takes it.
  if ((await store.replace(key, text, 'application/json', NO_ETAG)) === 'stored') {
    throw conditionalWritesIgnored(`a PUT of ${key} with another object’s ETag was stored, S3 answers 412`)
  }
  const body = `${JSON.stringify({ ...stored, contract: CONTRACT_VERSION, release })}\n`
  const result = await store.replace(key, body, 'application/json', etag)
  if (result === 'conflict') throw new Error(`another write of ${key} is under way`)
  return result === 'stored'
}

/** No object has it. */
const NO_ETAG = `"${'0'.repeat(32)}"`

function newerContract(stored: Dataset, plan: Plan, meanwhile: string): Failure {
  return new Failure({
    code: 'NEWER_CONTRACT',
    what: `the dataset ${plan.lake.dataset} has contract ${stored.contract}${writtenBy(stored)}; ${meanwhile} by this release`,
    why: `ticklake ${release} knows contract ${CONTRACT_VERSION}: it would drop the columns that were added since`,
    remedy: `run ticklake ${stored.release ?? 'of the release that raised it'} or newer; what is in Kafka and unclaimed lands then`,
  })
}

function conditionalWritesIgnored(why: string): Failure {
  return new Failure({
    code: 'CONDITIONAL_WRITES_IGNORED',
    what: 'the bucket overwrites objects that were to be written only once; nothing was consumed',
    why,
    remedy: 'use Amazon S3 or a server that honours If-None-Match and If-Match on PUT',
  })
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
  const text = (await store.text(key))?.text
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

function differencesOf(stored: Dataset, plan: Plan, from: Beginning | undefined): string[] {
  const wanted = datasetOf(plan, from)
  if (stored.v !== wanted.v) {
    return [`dataset.json has version ${stored.v}${writtenBy(stored)}, this release reads ${wanted.v}`]
  }
  const differences = (Object.keys(variableOf) as (keyof typeof variableOf)[])
    .filter((name) => stored[name] !== wanted[name])
    .map(
      (name) =>
        `${name}: the dataset has ${stored[name]}, this consumer ${wanted[name]} (${variableOf[name]})`,
    )
  if (from && stored.from !== wanted.from) {
    differences.push(
      `from: the dataset begins at ${stored.from ?? 'offset 0'}, this consumer asks for ${wanted.from} (--from)`,
    )
  }
  return differences
}
