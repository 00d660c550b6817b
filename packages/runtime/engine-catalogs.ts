// The catalogs of the SQL engine: one that users see, and one behind it for Iceberg tables.

/** Athena's AwsDataCatalog; the engine allows only lower-case names. */
export const dataCatalog = 'awsdatacatalog'

/**
 * The same tables through the engine's Iceberg connector. The engine redirects to it by itself; a statement that only
 * this connector accepts names it. No answer or error shows it: users see one catalog.
 */
export const icebergCatalog = 'awsdatacatalog_iceberg'

/** The access key with which the engine signs its requests to Glue: it sees some tables differently than users do. */
export const engineAccessKey = 'engine'
