// Where a crawler's include path points.

export interface Place {
  readonly bucket: string
  /** Empty, or with a slash at its end. */
  readonly prefix: string
  /** The last folder, or the bucket: what a table at the include path is called. */
  readonly name: string
}

/** In: an include path, `s3://bucket/folder/`. @throws Error when it is none */
export function targetPlace(path: string): Place {
  const match = /^s3:\/\/([^/]+)(?:\/(.*))?$/.exec(path)
  if (!match) throw new Error(`${path} is not a valid S3 path`)
  const [, bucket, rest = ''] = match
  const prefix = rest === '' || rest.endsWith('/') ? rest : `${rest}/`
  return { bucket: bucket!, prefix, name: prefix.split('/').at(-2) ?? bucket! }
}
