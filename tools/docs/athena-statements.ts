// The statements of Athena that local-aws supports: an example of each, which its parser reads for docs/local-aws.md.
import { hiveStatement } from '../../local-aws/athena/sql/hive-ddl.ts'
import { statementOf } from '../../local-aws/athena/sql/statement.ts'

/** A statement as shown on the page, and one that is parsed; without a second text, the first one is parsed. */
const examples: readonly (readonly [shown: string, example?: string])[] = [
  ['SELECT, WITH, VALUES, TABLE', 'SELECT 1'],
  ['INSERT INTO', 'INSERT INTO t SELECT 1'],
  ['UPDATE (Iceberg)', 'UPDATE t SET a = 1'],
  ['DELETE (Iceberg)', 'DELETE FROM t'],
  ['MERGE INTO (Iceberg)', 'MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN DELETE'],
  ['UNLOAD', "UNLOAD (SELECT 1 AS a) TO 's3://b/p/' WITH (format = 'PARQUET')"],
  ['EXPLAIN (FORMAT, TYPE), EXPLAIN ANALYZE', 'EXPLAIN SELECT 1'],
  ['CREATE TABLE AS', 'CREATE TABLE t AS SELECT 1 AS a'],
  ['CREATE VIEW, CREATE OR REPLACE VIEW', 'CREATE VIEW v AS SELECT 1 AS a'],
  ['DROP VIEW', 'DROP VIEW v'],
  ['OPTIMIZE … REWRITE DATA USING BIN_PACK (Iceberg)', 'OPTIMIZE t REWRITE DATA USING BIN_PACK'],
  ['VACUUM (Iceberg)', 'VACUUM t'],
  ['CREATE DATABASE', 'CREATE DATABASE d'],
  ['ALTER DATABASE … SET DBPROPERTIES', "ALTER DATABASE d SET DBPROPERTIES ('a'='b')"],
  ['DROP DATABASE', 'DROP DATABASE d CASCADE'],
  ['CREATE EXTERNAL TABLE', "CREATE EXTERNAL TABLE t (a int) LOCATION 's3://b/t/'"],
  [
    "CREATE TABLE … 'table_type'='ICEBERG'",
    "CREATE TABLE t (a int) LOCATION 's3://b/t/' TBLPROPERTIES ('table_type'='ICEBERG')",
  ],
  ['DROP TABLE', 'DROP TABLE t'],
  ['ALTER TABLE … SET TBLPROPERTIES', "ALTER TABLE t SET TBLPROPERTIES ('a'='b')"],
  ['ALTER TABLE … UNSET TBLPROPERTIES', "ALTER TABLE t UNSET TBLPROPERTIES ('a')"],
  ['ALTER TABLE … ADD PARTITION', "ALTER TABLE t ADD PARTITION (p = '1')"],
  ['ALTER TABLE … DROP PARTITION', "ALTER TABLE t DROP PARTITION (p = '1')"],
  ['ALTER TABLE … RENAME PARTITION', "ALTER TABLE t PARTITION (p = '1') RENAME TO PARTITION (p = '2')"],
  ['ALTER TABLE … SET LOCATION', "ALTER TABLE t SET LOCATION 's3://b/t/'"],
  ['ALTER TABLE … ADD COLUMNS', 'ALTER TABLE t ADD COLUMNS (a int)'],
  ['ALTER TABLE … REPLACE COLUMNS', 'ALTER TABLE t REPLACE COLUMNS (a int)'],
  ['ALTER TABLE … CHANGE COLUMN', 'ALTER TABLE t CHANGE COLUMN a b int'],
  ['ALTER TABLE … DROP COLUMN (Iceberg)', 'ALTER TABLE t DROP COLUMN a'],
  ['ALTER TABLE … RENAME TO (Iceberg)', 'ALTER TABLE t RENAME TO u'],
  ['MSCK REPAIR TABLE', 'MSCK REPAIR TABLE t'],
  ['DESCRIBE (EXTENDED, FORMATTED, PARTITION, a column)', 'DESCRIBE t'],
  ['SHOW DATABASES, SCHEMAS', 'SHOW DATABASES'],
  ['SHOW TABLES'],
  ['SHOW VIEWS'],
  ['SHOW COLUMNS', 'SHOW COLUMNS IN t'],
  ['SHOW PARTITIONS', 'SHOW PARTITIONS t'],
  ['SHOW TBLPROPERTIES', 'SHOW TBLPROPERTIES t'],
  ['SHOW CREATE TABLE', 'SHOW CREATE TABLE t'],
  ['SHOW CREATE VIEW', 'SHOW CREATE VIEW v'],
  ['PREPARE', 'PREPARE s FROM SELECT 1'],
  ['EXECUTE', 'EXECUTE s'],
  ['DEALLOCATE PREPARE', 'DEALLOCATE PREPARE s'],
]

const runners = {
  engine: 'Trino',
  catalog: 'the Data Catalog',
  athena: 'the prepared statements of the workgroup',
} as const

/** A row for each: the statement, Athena's name for it, what runs it. @throws AwsError for one that cannot be parsed */
export function statementRows(): string[][] {
  return examples.map(([shown, example = shown]) => {
    const statement = statementOf(example)
    if (statement.runner === 'unsupported') throw new Error(`${example} is not supported`)
    if (statement.runner === 'catalog') hiveStatement(statement)
    return [shown, statement.substatement, runners[statement.runner]]
  })
}
