// Parses a crawler's include path.

export interface IncludePath {
  readonly bucket: string
  /** Empty, or with a slash at its end. */
  readonly prefix: string
  /** The last folder, or the bucket: the name of a table at the include path. */
  readonly name: string
}

/** In: an include path, `s3://bucket/folder/`. @throws Error when it is invalid */
export function parseIncludePath(path: string): IncludePath {
  const match = /^s3:\/\/([^/]+)(?:\/(.*))?$/.exec(path)
  if (!match) throw new Error(`${path} is not a valid S3 path`)
  const [, bucket, rest = ''] = match
  const prefix = rest === '' || rest.endsWith('/') ? rest : `${rest}/`
  return { bucket: bucket!, prefix, name: prefix.split('/').at(-2) ?? bucket! }
}
