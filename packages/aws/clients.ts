// The AWS clients of the catalog, created once; the SDK determines region, credentials and endpoint.
import { AthenaClient } from '@aws-sdk/client-athena'
import { GlueClient } from '@aws-sdk/client-glue'
import { Athena } from './athena.ts'
import { BucketClock } from './bucket-clock.ts'
import { type LakeConfig, s3Client } from './config.ts'
import { Glue } from './glue.ts'
import { Bucket } from './s3.ts'

export interface Aws extends Disposable {
  readonly glue: Glue
  readonly athena: Athena
  readonly bucket: Bucket
}

export function openAws(lake: LakeConfig): Aws {
  const s3 = s3Client(lake)
  const clock = new BucketClock()
  clock.follow(s3)
  const glue = new GlueClient({ maxAttempts: 3 })
  const athena = new AthenaClient({ maxAttempts: 3 })
  return {
    glue: new Glue(glue),
    athena: new Athena(athena, s3, lake),
    bucket: new Bucket(s3, lake.bucket, clock),
    [Symbol.dispose]() {
      for (const client of [s3, glue, athena]) client.destroy()
    },
  }
}
