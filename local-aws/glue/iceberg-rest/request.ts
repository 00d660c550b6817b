// A request of Iceberg's REST protocol, in the form that its operations get.

export interface RestRequest {
  /** The names in the path, unescaped: a namespace, a table. */
  readonly names: readonly string[]
  readonly query: URLSearchParams
  readonly body: Readonly<Record<string, unknown>>
  /** The address at which the client reached the server. */
  readonly host: string
}
