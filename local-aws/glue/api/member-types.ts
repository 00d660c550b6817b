// What type each member of a Glue request has: in Glue's API one name has one type, wherever it stands.
import { GlueError } from './errors.ts'

/** `texts` is a map of texts, `text[]` a list of them. */
type MemberType = 'text' | 'number' | 'boolean' | 'object' | 'texts' | 'object[]' | 'text[]'

const members: Readonly<Record<MemberType, readonly string[]>> = {
  text: words(`Name DatabaseName TableName CatalogId Description Owner LocationUri Location Type Comment InputFormat
    OutputFormat SerializationLibrary Column TableType ViewOriginalText ViewExpandedText VersionId Expression NextToken
    ColumnName ColumnType Role Schedule TablePrefix Configuration CrawlerSecurityConfiguration UpdateBehavior
    DeleteBehavior RecrawlBehavior CrawlerLineageSettings Path CrawlerName FieldName FilterOperator FieldValue
    ResourceArn Pattern Region`),
  number: words('MaxResults Retention NumberOfBuckets SortOrder SegmentNumber TotalSegments SampleSize'),
  boolean: words('Compressed StoredAsSubDirectories SkipArchive ExcludeColumnSchema'),
  object:
    words(`DatabaseInput TableInput PartitionInput StorageDescriptor SerdeInfo SkewedInfo SchemaReference Targets
    TargetDatabase TargetTable SchemaChangePolicy RecrawlPolicy LineageConfiguration LakeFormationConfiguration Segment
    StatisticsData`),
  texts: words('Parameters Tags TagsToAdd SkewedColumnValueLocationMaps'),
  'object[]':
    words(`Columns PartitionKeys SortColumns PartitionInputList PartitionsToGet PartitionsToDelete Entries
    S3Targets JdbcTargets MongoDBTargets DynamoDBTargets CatalogTargets DeltaTargets IcebergTargets HudiTargets Filters
    ColumnStatisticsList CreateTableDefaultPermissions`),
  'text[]':
    words(`Values PartitionValues PartitionValueList BucketColumns AdditionalLocations TablesToDelete VersionIds
    CrawlerNames CrawlerNameList ColumnNames TagsToRemove Exclusions Classifiers AttributesToGet SkewedColumnNames
    SkewedColumnValues Permissions`),
}

const typeOf = new Map(
  Object.entries(members).flatMap(([type, names]) => names.map((name) => [name, type as MemberType])),
)
const wholeNumbers = new Set(members.number)

/** @throws GlueError SerializationException at the first member that has another type */
export function checkMemberTypes(value: unknown): void {
  if (Array.isArray(value)) {
    for (const item of value) checkMemberTypes(item)
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value)) {
      const type = typeOf.get(name)
      if (type !== undefined) checkMember(name, member, type)
      // The keys of a map are names of the client's own.
      if (type !== 'texts') checkMemberTypes(member)
    }
  }
}

function checkMember(name: string, value: unknown, type: MemberType): void {
  if (type.endsWith('[]')) {
    if (!Array.isArray(value)) throw wrongType(value, 'list')
    for (const item of value) checkMember(name, item, type.slice(0, -2) as MemberType)
  } else if (type === 'texts') {
    if (kindOf(value) !== 'object') throw wrongType(value, 'object')
    for (const item of Object.values(value as object)) checkMember(name, item, 'text')
  } else if (kindOf(value) !== type) {
    throw wrongType(value, type as Kind)
  } else if (wholeNumbers.has(name) && !Number.isSafeInteger(value)) {
    throw new GlueError('SerializationException', `${name} can not be converted to an Integer`)
  }
}

/** What JSON value it is. */
export type Kind = 'text' | 'number' | 'boolean' | 'list' | 'object'

export function kindOf(value: unknown): Kind | 'null' {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'list'
  // Statistics alone hold integers of 64 bits.
  if (typeof value === 'bigint') return 'number'
  return typeof value === 'string' ? 'text' : (typeof value as Kind)
}

const jsonNames: Record<Kind | 'null', string> = {
  text: 'STRING_VALUE',
  number: 'NUMBER_VALUE',
  boolean: 'TRUE_VALUE',
  list: 'START_ARRAY',
  object: 'START_OBJECT',
  null: 'VALUE_NULL',
}
const typeNames: Record<Kind, string> = {
  text: 'a String',
  number: 'an Integer',
  boolean: 'a Boolean',
  list: 'a List',
  object: 'a Structure',
}

export function wrongType(value: unknown, wanted: Kind): GlueError {
  const found = jsonNames[kindOf(value)]
  return new GlueError('SerializationException', `${found} can not be converted to ${typeNames[wanted]}`)
}

function words(text: string): string[] {
  return text.split(/\s+/)
}
