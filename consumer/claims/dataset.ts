// dataset.json: the settings that are fixed when a dataset is created, the contract that it has been raised to, and the
// check that the bucket honours conditional writes.
import { type Dataset, writtenBy } from '@ticklake/contract/claim.ts'
import { CONTRACT_VERSION } from '@ticklake/contract/columns.ts'
import { datasetKey, initialOffsetKey } from '@ticklake/contract/keys.ts'
import { parseDataset } from '@ticklake/lake/dataset.ts'
import { Failure, reasonOf } from '@ticklake/runtime/errors.ts'
import { release } from '@ticklake/runtime/release.ts'
import {
  parseStartPoint,
  type StartPoint,
  type StoredStartPoint,
  startPointText,
} from '../group/start-point.ts'
import type { ObjectStore } from '../s3.ts'
import type { LandingTarget } from './claim-builder.ts'
import { sharedRequest } from './shared-request.ts'

/** Which variable a consumer would have to change to agree with the stored setting. */
const variableOf = {
  topic: 'KAFKA_TOPIC',
  topicId: 'KAFKA_TOPIC (a topic of this name was deleted and recreated)',
  format: 'LAKE_FORMAT',
  routing: 'the release of ticklake',
} as const

/** Called when a dataset was raised to this release's contract. */
export type OnRaised = (from: number, to: number) => void

/** What this consumer writes for a new dataset. */
export function datasetOf(target: LandingTarget, from?: StartPoint): Dataset {
  return {
    v: 1,
    topic: target.topic,
    topicId: target.topicId,
    format: target.format,
    routing: 'hour-utc',
    contract: CONTRACT_VERSION,
    release,
    ...(from && { from: startPointText(from) }),
  }
}

/**
 * Opens the dataset: creates dataset.json, or compares the existing one. A dataset of an earlier contract is raised.
 * @param from the start point; undefined takes that of the dataset, and a new dataset starts at offset 0
 * @returns the start point of partitions without claims, which never changes after the first start
 * @throws Failure DATASET_DIFFERS naming each setting that differs; NEWER_CONTRACT naming the release that is needed;
 * CONDITIONAL_WRITES_IGNORED when the bucket stores an object although its key is taken, so that nothing could be
 * exactly once. SDK errors pass through.
 */
export async function openDataset(
  store: ObjectStore,
  target: LandingTarget,
  from?: StartPoint,
  onRaised: OnRaised = () => {},
): Promise<StoredStartPoint | undefined> {
  const key = datasetKey(target.lake)
  const body = `${JSON.stringify(datasetOf(target, from))}\n`
  const first = await store.putIfAbsent(key, body, 'application/json')
  if (first === 'stored' && (await store.putIfAbsent(key, body, 'application/json')) === 'stored') {
    throw conditionalWritesIgnored(`a second PUT of ${key} with If-None-Match: * was stored, S3 answers 412`)
  }
  const stored = await agree(store, target, { from, onRaised, meanwhile: 'nothing was consumed' })
  if (stored === undefined) throw new Error(`${key} was there and is gone`)
  if (stored.from === undefined) return undefined
  return {
    ...parseStartPoint(stored.from),
    storeInitialOffset: (partition, seen) => storeInitialOffset(store, target, partition, seen),
  }
}

/**
 * Checks that a running consumer's dataset has not changed since it was opened. Call it after records were read and
 * before they are claimed: a field of a newer contract is sent only after the dataset was raised, so a consumer that
 * does not know the field stops before it could drop it.
 * @returns a check that concurrent calls share
 * @throws (when called) Failure NEWER_CONTRACT, DATASET_DIFFERS, DATASET_MISSING
 */
export function datasetGuard(
  store: ObjectStore,
  target: LandingTarget,
  onRaised: OnRaised,
): () => Promise<void> {
  return sharedRequest(async () => {
    if (await agree(store, target, { onRaised, meanwhile: 'nothing more is claimed' })) return
    throw new Failure({
      code: 'DATASET_MISSING',
      what: `${datasetKey(target.lake)} is gone; nothing more is claimed, and existing claims are finished`,
      why: 'someone deleted an object of the consumer; without it, a consumer with other settings could not be recognized',
      remedy:
        'restore the object from a version or a backup of the bucket, or start a new dataset with LAKE_DATASET',
    })
  })
}

/** Compares dataset.json with this consumer's settings, and raises its contract if that is earlier. */
async function agree(
  store: ObjectStore,
  target: LandingTarget,
  { from, onRaised, meanwhile }: { from?: StartPoint | undefined; onRaised: OnRaised; meanwhile: string },
): Promise<Dataset | undefined> {
  for (;;) {
    const found = await store.text(datasetKey(target.lake))
    if (!found) return undefined
    const stored = parseDataset(found.text, target.lake, meanwhile)
    if (stored.v === 1 && stored.contract > CONTRACT_VERSION) throw newerContract(stored, target, meanwhile)
    const differences = differencesOf(stored, target, from)
    if (differences.length > 0) {
      throw new Failure({
        code: 'DATASET_DIFFERS',
        what: `the dataset ${target.lake.dataset} was started with other settings; ${meanwhile}`,
        why: differences.join('\n       '),
        remedy: 'set them as the dataset has them, or choose a new dataset with LAKE_DATASET (or --dataset)',
      })
    }
    if (stored.contract === CONTRACT_VERSION) return stored
    if (await raise(store, target, found, stored)) onRaised(stored.contract, CONTRACT_VERSION)
  }
}

/** Writes this release's contract into dataset.json. False: it changed meanwhile, and must be read again. */
async function raise(
  store: ObjectStore,
  target: LandingTarget,
  { text, etag }: { readonly text: string; readonly etag: string },
  stored: Dataset,
): Promise<boolean> {
  const key = datasetKey(target.lake)
  // The same text, which does no harm if the bucket stores it.
  if ((await store.replace(key, text, 'application/json', NO_ETAG)) === 'stored') {
    throw conditionalWritesIgnored(`a PUT of ${key} with another object’s ETag was stored, S3 answers 412`)
  }
  const body = `${JSON.stringify({ ...stored, contract: CONTRACT_VERSION, release })}\n`
  return (await store.replace(key, body, 'application/json', etag)) === 'stored'
}

/** No object has it. */
const NO_ETAG = `"${'0'.repeat(32)}"`

function newerContract(stored: Dataset, target: LandingTarget, meanwhile: string): Failure {
  return new Failure({
    code: 'NEWER_CONTRACT',
    what: `the dataset ${target.lake.dataset} has contract ${stored.contract}${writtenBy(stored)}; ${meanwhile} by this release`,
    why: `ticklake ${release} knows contract ${CONTRACT_VERSION}: it would drop the columns that were added since`,
    remedy: `run ticklake ${stored.release ?? 'of the release that raised it'} or newer; records in Kafka that are not claimed land then`,
  })
}

function conditionalWritesIgnored(why: string): Failure {
  return new Failure({
    code: 'CONDITIONAL_WRITES_IGNORED',
    what: 'the bucket overwrites objects that may be written only once; nothing was consumed',
    why,
    remedy: 'use Amazon S3 or a server that honours If-None-Match and If-Match on PUT',
  })
}

/** Stored even at 0: otherwise records that Kafka deletes later would seem to lie before the start point. */
async function storeInitialOffset(
  store: ObjectStore,
  target: LandingTarget,
  partition: number,
  seen: number,
): Promise<number> {
  const key = initialOffsetKey(target.lake, target.topicId, partition)
  const body = `${JSON.stringify({ v: 1, offset: seen })}\n`
  if ((await store.putIfAbsent(key, body, 'application/json')) === 'stored') return seen
  const text = (await store.text(key))?.text
  if (text === undefined) throw new Error(`${key} is being written by another consumer`)
  try {
    const { v, offset } = JSON.parse(text) as { v: number; offset: number }
    if (v !== 1 || !Number.isSafeInteger(offset) || offset < 0) throw new Error(`it is ${text.trim()}`)
    return offset
  } catch (error) {
    throw new Failure({
      code: 'BEGINNING_UNREADABLE',
      what: `${key} does not hold the initial offset of partition ${partition}; nothing is read from it`,
      why: reasonOf(error),
      remedy: 'restore the object, or run the release that wrote it; never delete it',
      cause: error,
    })
  }
}

function differencesOf(stored: Dataset, target: LandingTarget, from: StartPoint | undefined): string[] {
  const wanted = datasetOf(target, from)
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
      `from: the dataset starts at ${stored.from ?? 'offset 0'}, this consumer asks for ${wanted.from} (--from)`,
    )
  }
  return differences
}
