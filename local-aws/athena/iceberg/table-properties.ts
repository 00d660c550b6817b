// The properties that Athena accepts for an Iceberg table: a closed list, with Athena's and Iceberg's names.
import { icebergCatalog } from '@ticklake/runtime/engine-catalogs.ts'
import { notSupported, QueryFailure } from '../api/errors.ts'

type Properties = Readonly<Record<string, string>>

interface AthenaProperty {
  /** Iceberg's name, which may depend on the format of the table's files. */
  readonly name: (format: string) => string
  readonly toIceberg: (value: string, format: string) => string | undefined
  readonly toAthena: (value: string) => string
}

const formats = ['parquet', 'orc', 'avro']

/** The compressions of each format. */
const codecs: Readonly<Record<string, readonly string[]>> = {
  parquet: ['zstd', 'gzip', 'snappy', 'lz4', 'brotli', 'none', 'uncompressed'],
  orc: ['zstd', 'zlib', 'snappy', 'lz4', 'none'],
  avro: ['zstd', 'gzip', 'snappy', 'none', 'uncompressed'],
}

const same = (value: string) => value
const count = (least: number) => (value: string) =>
  /^\d{1,15}$/.test(value) && Number(value) >= least ? String(Number(value)) : undefined
const lowerCase = (values: readonly string[] | undefined) => (value: string) =>
  values?.includes(value.toLowerCase()) ? value.toLowerCase() : undefined

/** A whole number with another name in Iceberg. */
const counted = (name: string, least = 1): AthenaProperty => ({
  name: () => name,
  toIceberg: count(least),
  toAthena: same,
})

const defaultFormat = 'parquet'

/** By Athena's name, in the order in which they are shown. */
const properties: Readonly<Record<string, AthenaProperty>> = {
  format: {
    name: () => 'write.format.default',
    toIceberg: lowerCase(formats),
    toAthena: (v) => v.toLowerCase(),
  },
  write_compression: {
    name: (format) => `write.${format}.compression-codec`,
    toIceberg: (value, format) => lowerCase(codecs[format])(value),
    toAthena: (value) => value.toLowerCase(),
  },
  compression_level: {
    name: (format) => `write.${format}.compression-level`,
    toIceberg: (value) => (/^(?:[1-9]|1\d|2[0-2])$/.test(value) ? value : undefined),
    toAthena: same,
  },
  vacuum_max_snapshot_age_seconds: {
    name: () => 'history.expire.max-snapshot-age-ms',
    toIceberg: (value) => count(0)(value) && String(Number(value) * 1000),
    toAthena: (value) => String(Math.floor(Number(value) / 1000)),
  },
  vacuum_min_snapshots_to_keep: counted('history.expire.min-snapshots-to-keep'),
  vacuum_max_metadata_files_to_keep: counted('write.metadata.previous-versions-max'),
  optimize_rewrite_data_file_threshold: counted('optimize_rewrite_data_file_threshold'),
  optimize_rewrite_delete_file_threshold: counted('optimize_rewrite_delete_file_threshold'),
  optimize_rewrite_min_data_file_size_bytes: counted('optimize_rewrite_min_data_file_size_bytes'),
  optimize_rewrite_max_data_file_size_bytes: counted('optimize_rewrite_max_data_file_size_bytes'),
  write_target_data_file_size_bytes: counted('write.target-file-size-bytes'),
  write_data_path_enabled: {
    name: () => 'write_data_path_enabled',
    toIceberg: lowerCase(['true', 'false']),
    toAthena: same,
  },
}

/** All of Athena's names. */
export const propertyNames = new Set(Object.keys(properties))

/** VACUUM's defaults for a table that does not set them. */
export const vacuumDefaults = { maxSnapshotAgeSeconds: 432_000, minSnapshotsToKeep: 1 }

/**
 * Properties of a statement, under Iceberg's names. `table_type` is omitted: it only says that this is an Iceberg table.
 * @param before the table's properties, under Iceberg's names
 * @throws QueryFailure for a key or a value that Athena does not accept
 */
export function icebergProperties(given: Properties, before: Properties = {}): Record<string, string> {
  const entries = Object.entries(given).map(([key, value]) => [key.toLowerCase(), value, key] as const)
  const format = (entries.find(([key]) => key === 'format')?.[1] ?? formatOf(before)).toLowerCase()
  const found: Record<string, string> = {}
  for (const [name, value, written] of entries) {
    if (name === 'table_type') continue
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined
    if (!property) throw unsupportedKey(written)
    const own = property.toIceberg(value, format)
    if (own === undefined) throw invalidValue(written, value)
    found[property.name(format)] = own
  }
  return found
}

/** The defaults of a new table. */
export function propertiesOfNewTable(given: Properties): Record<string, string> {
  const own = icebergProperties(given)
  const format = own['write.format.default'] ?? defaultFormat
  const codec = properties.write_compression!.name(format)
  if (own[properties.compression_level!.name(format)] !== undefined && own[codec] === undefined) {
    throw new QueryFailure(
      'Compression codec must be defined when compression_level property is specified.',
      {
        category: 2,
        type: 1200,
      },
    )
  }
  return { [codec]: 'zstd', ...own }
}

/** Iceberg's names for these keys of Athena. @throws QueryFailure */
export function icebergNames(keys: readonly string[], before: Properties): string[] {
  return keys.map((key) => {
    const name = key.toLowerCase()
    if (!Object.hasOwn(properties, name))
      throw notSupported(`Table property ${key} is not supported by Athena`)
    return properties[name]!.name(formatOf(before))
  })
}

/** The table's properties that Athena accepts, under its names. */
export function athenaProperties(iceberg: Properties): Record<string, string> {
  const format = formatOf(iceberg)
  const shown: Record<string, string> = {}
  for (const [name, property] of Object.entries(properties)) {
    const value = iceberg[property.name(format)]
    if (value !== undefined) shown[name] = property.toAthena(value)
  }
  return shown
}

/** The format of a table's files, in lower case. */
export function formatOf(iceberg: Properties): string {
  const format = iceberg['write.format.default']?.toLowerCase()
  return format && formats.includes(format) ? format : defaultFormat
}

/** The setting that makes the engine compress as these table properties say. */
export function codecSetting(iceberg: Properties): Record<string, string> {
  const codec = engineCodec(iceberg)
  return codec === undefined ? {} : { [`${icebergCatalog}.compression_codec`]: codec }
}

/** The engine's name for the compression of a table; undefined if its own default is right, or it lacks the codec. */
function engineCodec(iceberg: Properties): string | undefined {
  const format = formatOf(iceberg)
  switch (iceberg[properties.write_compression!.name(format)]?.toLowerCase()) {
    case 'gzip':
    case 'zlib':
      return 'GZIP'
    case 'snappy':
      return 'SNAPPY'
    case 'none':
    case 'uncompressed':
      return 'NONE'
    case 'lz4':
      return format === 'orc' ? 'LZ4' : undefined
    default:
      return undefined
  }
}

const unsupportedKey = (key: string) =>
  new QueryFailure(`Unsupported table property key: ${key}`, { category: 2, type: 1200 })

const invalidValue = (key: string, value: string) =>
  new QueryFailure(`Invalid value for table property ${key}: ${value}`, { category: 2, type: 1006 })
