// The objects that the Data Catalog stores, with the Glue API's member names; times are epoch seconds.

export type Parameters = Record<string, string>

export interface Column {
  Name: string
  Type?: string
  Comment?: string
  Parameters?: Parameters
}

export interface SerDeInfo {
  Name?: string
  SerializationLibrary?: string
  Parameters?: Parameters
}

export interface StorageDescriptor {
  Columns?: Column[]
  Location?: string
  AdditionalLocations?: string[]
  InputFormat?: string
  OutputFormat?: string
  Compressed?: boolean
  NumberOfBuckets?: number
  SerdeInfo?: SerDeInfo
  BucketColumns?: string[]
  SortColumns?: { Column: string; SortOrder: number }[]
  Parameters?: Parameters
  SkewedInfo?: unknown
  StoredAsSubDirectories?: boolean
  SchemaReference?: unknown
}

export interface DatabaseInput {
  Name: string
  Description?: string
  LocationUri?: string
  Parameters?: Parameters
  CreateTableDefaultPermissions?: unknown[]
  /** In a resource link: the database that it points to. */
  TargetDatabase?: { CatalogId?: string; DatabaseName?: string; Region?: string }
  FederatedDatabase?: unknown
}

export interface Database extends DatabaseInput {
  CreateTime: number
  CatalogId: string
}

export interface TableInput {
  Name: string
  Description?: string
  Owner?: string
  LastAccessTime?: number
  LastAnalyzedTime?: number
  Retention?: number
  StorageDescriptor?: StorageDescriptor
  PartitionKeys?: Column[]
  ViewOriginalText?: string
  ViewExpandedText?: string
  TableType?: string
  Parameters?: Parameters
  /** In a resource link: the table that it points to. */
  TargetTable?: { CatalogId?: string; DatabaseName?: string; Name?: string; Region?: string }
  FederatedTable?: unknown
  ViewDefinition?: unknown
}

export interface Table extends TableInput {
  DatabaseName: string
  CreateTime: number
  UpdateTime: number
  CreatedBy: string
  IsRegisteredWithLakeFormation: boolean
  CatalogId: string
  VersionId: string
}

export interface PartitionInput {
  Values: string[]
  LastAccessTime?: number
  LastAnalyzedTime?: number
  StorageDescriptor?: StorageDescriptor
  Parameters?: Parameters
}

export interface Partition extends PartitionInput {
  DatabaseName: string
  TableName: string
  CreationTime: number
  CatalogId: string
}

export interface ColumnStatistics {
  ColumnName: string
  ColumnType: string
  AnalyzedTime: number
  StatisticsData: Record<string, unknown>
}
