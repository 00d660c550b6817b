// The names of primitive types in Hive, the engine and Iceberg: one table, read in each direction.

interface Names {
  readonly engine: string
  /** The small integers map to the next wider type. */
  readonly iceberg: string
}

const byHive: Readonly<Record<string, Names>> = {
  boolean: { engine: 'boolean', iceberg: 'boolean' },
  tinyint: { engine: 'tinyint', iceberg: 'int' },
  smallint: { engine: 'smallint', iceberg: 'int' },
  int: { engine: 'integer', iceberg: 'int' },
  bigint: { engine: 'bigint', iceberg: 'long' },
  float: { engine: 'real', iceberg: 'float' },
  double: { engine: 'double', iceberg: 'double' },
  string: { engine: 'varchar', iceberg: 'string' },
  binary: { engine: 'varbinary', iceberg: 'binary' },
  date: { engine: 'date', iceberg: 'date' },
  timestamp: { engine: 'timestamp(3)', iceberg: 'timestamp' },
}

/** Names that DDL and clients use for some Iceberg types besides Hive's. */
const icebergAliases: Readonly<Record<string, string>> = {
  integer: 'int',
  long: 'long',
  real: 'float',
  varchar: 'string',
  char: 'string',
  time: 'time',
  timestamptz: 'timestamptz',
  uuid: 'uuid',
}

/** A type that Hive lacks becomes the text of its values, or a time without its zone. */
const hiveOfOnlyIceberg: Readonly<Record<string, string>> = {
  time: 'string',
  uuid: 'string',
  timestamptz: 'timestamp',
  timestamp_ns: 'timestamp',
  timestamptz_ns: 'timestamp',
}

/** Hive's primitive types without a length or a precision. */
export const primitiveNames: ReadonlySet<string> = new Set(Object.keys(byHive))

const named = (of: keyof Names) => Object.entries(byHive).map(([hive, names]) => [names[of], hive] as const)
const hiveByEngine = new Map(named('engine'))
/** If two types have one name, Hive's is the wider. */
const hiveByIceberg = new Map([...named('iceberg'), ...Object.entries(hiveOfOnlyIceberg)])

/** An engine type that Hive lacks keeps its name. */
export const engineName = (hive: string): string => byHive[hive]?.engine ?? hive
export const hiveOfEngine = (engine: string): string => hiveByEngine.get(engine) ?? engine
export const icebergName = (hive: string): string => byHive[hive]?.iceberg ?? icebergAliases[hive] ?? hive
export const hiveOfIceberg = (iceberg: string): string => hiveByIceberg.get(iceberg) ?? iceberg
