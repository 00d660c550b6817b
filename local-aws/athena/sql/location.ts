// S3 locations as users write them: in LOCATION, external_location and TO, and in what other clients put into Glue.

import type { StorageDescriptor } from '../../glue/api/shapes.ts'

/** The location as Athena keeps it: it takes several slashes for one, as S3's empty folders are none of Hive's. */
export function withoutEmptyFolders(location: string): string {
  return location.replace(/([^:/])\/{2,}/g, '$1/')
}

/** The location as the engine finds it, `s3://bucket/folder/`; undefined for one that is not in S3. */
export function engineLocation(location: string): string | undefined {
  const [, bucket, path] = /^s3[an]?:\/\/([^/]+)(.*)$/is.exec(location) ?? []
  return bucket === undefined ? undefined : withoutEmptyFolders(`s3://${bucket}${path || '/'}`)
}

/** A table or a partition with its location as the engine finds it. */
export function withEngineLocation<T extends { readonly StorageDescriptor?: StorageDescriptor }>(item: T): T {
  const Location = engineLocation(item.StorageDescriptor?.Location ?? '')
  return Location === undefined
    ? item
    : { ...item, StorageDescriptor: { ...item.StorageDescriptor, Location } }
}
