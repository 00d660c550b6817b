// What the Data Catalog needs to know when it opens.

export interface GlueOptions {
  /** A directory for the catalog's files; made when it is not there. */
  readonly dataDir: string
  readonly accountId: string
  readonly region: string
  /** Where crawlers find S3: an address that is spoken to in path style. */
  readonly s3Endpoint: string
  /** What S3 asks for; absent where it takes anyone. */
  readonly secret?: string | undefined
}
