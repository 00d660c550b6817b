// What Hive, the engine and Iceberg call the same primitive types: one table, read each way.

interface Names {
  readonly engine: string
  /** The small integers have the next wider one. */
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

/** Names that DDL and clients have for some of Iceberg's types beside those of Hive. */
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

/** What Hive has no type for is the text that it prints as, or a time without its zone. */
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
/** Of two that have one name, the wider is Hive's. */
const hiveByIceberg = new Map([...named('iceberg'), ...Object.entries(hiveOfOnlyIceberg)])

/** A name that the engine has for no type of Hive stays. */
export const engineName = (hive: string): string => byHive[hive]?.engine ?? hive
export const hiveOfEngine = (engine: string): string => hiveByEngine.get(engine) ?? engine
export const icebergName = (hive: string): string => byHive[hive]?.iceberg ?? icebergAliases[hive] ?? hive
export const hiveOfIceberg = (iceberg: string): string => hiveByIceberg.get(iceberg) ?? iceberg
