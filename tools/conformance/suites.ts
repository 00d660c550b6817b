// The suites of `make conformance`: tests by the clients' own authors, and commands and a project of a user.
import { join } from 'node:path'

/** Where a suite's tests come from. */
export type Source =
  /** A repository, for tests that are in no package. */
  | { readonly kind: 'repository'; readonly folder: string; readonly url: string; readonly tag: string }
  /** A source distribution of the package index. */
  | { readonly kind: 'sdist'; readonly requirement: string; readonly folder: string }
  /** This folder. */
  | { readonly kind: 'own' }

export interface Suite {
  readonly name: string
  /** Its name in docs/compatibility.md. */
  readonly client: string
  /** The list of packages below python/, and the virtual environment made from it. */
  readonly environment: string
  readonly source: Source
  readonly run: Run
}

export type Run =
  | {
      readonly kind: 'pytest'
      /** How many tests run at once: more for a client that mostly waits between its polls. */
      readonly workers: number
      readonly args: readonly string[]
      readonly env: Readonly<Record<string, string>>
    }
  | { readonly kind: 'aws-cli' }
  | { readonly kind: 'dbt' }

/** Where tests may write: created before each suite. */
export const bucket = 'ticklake-conformance'

const pyAthenaEnv = {
  AWS_ATHENA_S3_STAGING_DIR: `s3://${bucket}/pyathena/`,
  AWS_ATHENA_WORKGROUP: 'pyathena',
  AWS_ATHENA_SPARK_WORKGROUP: 'spark',
}
const pyAthena: Source = {
  kind: 'repository',
  folder: 'PyAthena',
  url: 'https://github.com/laughingman7743/PyAthena',
  tag: 'v3.25.0',
}

export const suites: readonly Suite[] = [
  {
    name: 'aws-cli',
    client: 'AWS CLI 1.46.3: the commands that a catalog’s user has',
    environment: 'aws-cli',
    source: { kind: 'own' },
    run: { kind: 'aws-cli' },
  },
  {
    name: 'dbt-project',
    client: 'dbt-athena 1.11.1: a usual project',
    environment: 'dbt',
    source: { kind: 'own' },
    run: { kind: 'dbt' },
  },
  {
    name: 'pyathena',
    client: 'PyAthena 3.25.0: its own suite',
    environment: 'pyathena',
    source: pyAthena,
    // Spark is refused as in an account without it.
    run: {
      kind: 'pytest',
      workers: 10,
      args: ['tests/pyathena', '--ignore=tests/pyathena/spark'],
      env: pyAthenaEnv,
    },
  },
  {
    name: 'pyathena-sqlalchemy',
    client: 'PyAthena 3.25.0: SQLAlchemy’s compliance suite',
    environment: 'pyathena',
    source: pyAthena,
    run: { kind: 'pytest', workers: 10, args: ['tests/sqlalchemy'], env: pyAthenaEnv },
  },
  {
    name: 'awswrangler',
    client: 'awswrangler 3.17.0: its tests of Athena, the catalog and Parquet',
    environment: 'awswrangler',
    source: {
      kind: 'repository',
      folder: 'aws-sdk-pandas',
      url: 'https://github.com/aws/aws-sdk-pandas',
      tag: '3.17.0',
    },
    run: {
      kind: 'pytest',
      workers: 6,
      args: [
        ...['athena', 'athena_cache', 'athena_csv', 'athena_geospatial', 'athena_iceberg', 'athena_parquet'],
        ...['athena_prepared', 'athena_projection', 'catalog', 's3_parquet'],
      ].map((name) => `tests/unit/test_${name}.py`),
      env: {},
    },
  },
  {
    name: 'dbt-athena',
    client: 'dbt-athena 1.11.1: its functional suite',
    environment: 'dbt',
    source: { kind: 'sdist', requirement: 'dbt-athena==1.11.1', folder: 'dbt_athena-1.11.1' },
    run: {
      kind: 'pytest',
      workers: 4,
      args: [
        'tests/functional',
        '--ignore=tests/functional/adapter/test_python_submissions.py',
        '--ignore=tests/functional/adapter/catalog_integrations/test_s3_tables.py',
      ],
      env: {
        DBT_TEST_ATHENA_S3_STAGING_DIR: `s3://${bucket}/dbt/staging/`,
        DBT_TEST_ATHENA_S3_TMP_TABLE_DIR: `s3://${bucket}/dbt/tables/`,
        DBT_TEST_ATHENA_REGION_NAME: 'us-east-1',
        DBT_TEST_ATHENA_DATABASE: 'awsdatacatalog',
        DBT_TEST_ATHENA_SCHEMA: 'dbt_functional',
        DBT_TEST_ATHENA_WORK_GROUP: 'primary',
        DBT_TEST_ATHENA_THREADS: '2',
        DBT_TEST_ATHENA_POLL_INTERVAL: '0.1',
        DBT_TEST_ATHENA_NUM_RETRIES: '0',
        DBT_TEST_ATHENA_SPARK_WORK_GROUP: 'spark',
      },
    },
  },
]

/** Where this folder's lists, reports and projects are. */
export const here = import.meta.dirname
export const lists = join(here, 'python')
