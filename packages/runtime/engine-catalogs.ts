// The catalogs of the SQL engine: one that users see, and one behind it for Iceberg tables.

/** What Athena calls AwsDataCatalog; the engine knows names in lower case alone. */
export const dataCatalog = 'awsdatacatalog'

/**
 * The same tables by the engine's Iceberg connector. The engine redirects to it by itself; a statement that only this
 * connector takes names it. No answer and no error shows it: to users there is one catalog.
 */
export const icebergCatalog = 'awsdatacatalog_iceberg'

/** The access key that the engine signs its requests to Glue with: it sees some tables otherwise than users do. */
export const engineAccessKey = 'engine'
