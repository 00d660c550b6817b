// The options with which the Data Catalog opens.

export interface GlueOptions {
  /** The directory for the catalog's files; created if it is missing. */
  readonly dataDir: string
  readonly accountId: string
  readonly region: string
  /** The S3 endpoint of crawlers, used with path-style addresses. */
  readonly s3Endpoint: string
  /** The secret that S3 requires; absent if it requires none. */
  readonly secret?: string | undefined
}
