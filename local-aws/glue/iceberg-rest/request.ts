// A request of Iceberg's REST protocol, as its operations see it.

export interface RestRequest {
  /** The names in the path, unescaped: a namespace, a table. */
  readonly names: readonly string[]
  readonly query: URLSearchParams
  readonly body: Readonly<Record<string, unknown>>
  /** The address by which the client has reached the server. */
  readonly host: string
}
