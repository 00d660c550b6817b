// Deletes the stack, and the data if the user said so.
import { existsSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { parseEnv } from 'node:util'
import { Failure } from '@ticklake/runtime/errors.ts'
import { CloudFormation } from './cloudformation.ts'
import { agreed, logEvent, say, type Target } from './deploy.ts'
import { isOf } from './env-aws.ts'
import { deleteWithData, holdsData } from './lake-bucket.ts'

export type DataFate = 'keep' | 'delete'

/**
 * `destroy`. Afterwards nothing of the stack is left except, with `keep`, the bucket. @param data what happens to the
 * lake's objects; may be undefined only if there are none
 * @throws Failure DATA_UNDECIDED before anything is deleted
 */
export async function destroy(
  target: Target,
  data: DataFate | undefined,
  signal: AbortSignal,
): Promise<void> {
  const cloud = new CloudFormation(target.stack)
  const there = await cloud.state()
  const region = await cloud.region()
  const bucket = there ? (await cloud.resources()).Bucket : await bucketLeftBehind(target, region)
  if (!there && !bucket) {
    say(`there is no stack ${target.stack} in ${region} (AWS_REGION): nothing was deleted`)
    return
  }
  const full = bucket ? await holdsData(bucket) : false
  if (full && data === undefined) {
    throw new Failure({
      code: 'DATA_UNDECIDED',
      what: `the bucket ${bucket} holds data; nothing was deleted`,
      why: '--data was not given',
      remedy:
        'pass --data keep (the bucket stays, and its storage is billed) or --data delete (all rows are deleted for good)',
    })
  }
  const fate =
    full && data === 'delete'
      ? `and every object of ${bucket} for good`
      : `(${full ? `${bucket} is kept` : 'its bucket is empty'})`
  if (
    !target.yes &&
    !(await agreed(`delete ${there ? 'the stack' : 'what is left of'} ${target.stack} ${fate}?`))
  ) {
    throw new Failure({
      code: 'NOT_AGREED',
      what: 'nothing was deleted',
      why: 'you did not say yes',
      remedy: 'say yes, or pass --yes without a terminal',
    })
  }
  if (there) await cloud.delete(signal, logEvent)
  if (bucket && !(full && data === 'keep')) {
    const versions = await deleteWithData(bucket)
    say(`deleted ${bucket} and ${versions} objects, including old versions`)
  }
  await rm(`${target.secretsFolder}/${target.stack}`, { recursive: true, force: true })
  await rm(target.envFile, { force: true })
  say(
    full && data === 'keep'
      ? `${target.stack} is gone; kept: s3://${bucket}`
      : `${target.stack} is gone, nothing is left`,
  )
}

/**
 * The bucket of a deleted stack, if its destruction was stopped before the data was deleted: .env.aws still names it.
 */
async function bucketLeftBehind(target: Target, region: string): Promise<string | undefined> {
  if (!existsSync(target.envFile)) return undefined
  const text = await readFile(target.envFile, 'utf8')
  return isOf(text, { stack: target.stack, region }) ? parseEnv(text).LAKE_BUCKET : undefined
}
