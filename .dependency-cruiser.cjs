// Which folder may import which: the table in docs/architecture.md.
const { existsSync } = require('node:fs')

const libraries = ['packages/contract', 'packages/runtime', 'packages/kafka', 'packages/aws', 'packages/lake']
const mayImport = {
  'packages/contract': [],
  'packages/runtime': [],
  'packages/kafka-reader': [],
  'packages/kafka': ['packages/runtime', 'packages/kafka-reader'],
  'packages/aws': ['packages/runtime'],
  'packages/lake': ['packages/contract', 'packages/runtime', 'packages/aws'],
  // Test code may start and read everything.
  'packages/testing': [
    ...libraries,
    'data',
    'stack',
    'producer',
    'consumer',
    'catalog',
    'infra',
    'local-aws',
  ],
  data: ['packages/contract'],
  producer: [...libraries, 'data'],
  consumer: [...libraries, 'packages/kafka-reader'],
  catalog: libraries,
  'local-aws': ['packages/runtime'],
  stack: ['packages/runtime', 'packages/kafka', 'packages/aws', 'packages/lake'],
  infra: libraries,
  bench: [...libraries, 'packages/kafka-reader', 'packages/testing', 'stack'],
  faults: [...libraries, 'packages/kafka-reader', 'packages/testing', 'stack'],
}
const folders = Object.keys(mayImport).filter((folder) => existsSync(folder))

// The parts of catalog. Each is used by cli/ and serve.ts alone, and by the parts named here.
const parts = {
  tables: [],
  audit: [],
  compaction: [],
  doctor: [],
  alerts: [],
  dashboard: ['audit', 'tables'],
}
// The parts of local-aws/glue, each with those that it must not reach; operations.ts puts them together.
const glueParts = {
  api: ['catalog', 'crawlers', 'registry'],
  hive: ['api', 'catalog', 'crawlers', 'registry'],
  catalog: ['crawlers', 'registry'],
  registry: ['crawlers'],
  crawlers: ['registry'],
}
const anyOf = (names) => `(${names.join('|')})`
const tests = '\\.test\\.ts$|fixture\\.ts$'

module.exports = {
  forbidden: [
    ...folders.map((folder) => ({
      name: `${folder.replace('/', '-')}-imports-only-what-the-table-says`,
      severity: 'error',
      comment: 'Tests may start the stack and other services; source files keep to the table.',
      from: { path: `^${folder}/`, pathNot: tests },
      to: {
        path: `^${anyOf([...folders.filter((other) => other !== folder && !mayImport[folder].includes(other)), 'e2e'])}/`,
      },
    })),
    ...Object.entries(parts).map(([part, others]) => ({
      name: `catalog-${part}-is-a-part-of-its-own`,
      severity: 'error',
      comment: 'A part of the catalog does not reach into another one.',
      from: { path: `^catalog/${part}/`, pathNot: tests },
      to: {
        path: `^catalog/${anyOf([...Object.keys(parts).filter((other) => other !== part && !others.includes(other)), 'cli'])}/`,
      },
    })),
    ...Object.entries(glueParts).map(([part, others]) => ({
      name: `glue-${part}-is-below-the-parts-that-use-it`,
      severity: 'error',
      comment: 'The API knows no store, the catalog no crawlers.',
      from: { path: `^local-aws/glue/${part}/`, pathNot: tests },
      to: { path: `^local-aws/glue/(${others.join('|')})/|^local-aws/glue/(operations|catalog-worker)` },
    })),
    {
      name: 'requests-know-no-service',
      severity: 'error',
      comment: 'Athena and Glue are checked alike: what differs is in the api/ of each.',
      from: { path: '^local-aws/requests/', pathNot: tests },
      to: { path: '^local-aws/', pathNot: '^local-aws/(requests/|http/aws-error)' },
    },
    {
      name: 'catalog-audit-counts-for-itself',
      severity: 'error',
      comment: 'The audit reads the lake; what writes to it, or counts for metrics, is what it checks.',
      from: { path: '^catalog/audit/', pathNot: tests },
      to: { path: '^packages/lake/(write/|lag\\.ts|row-count\\.ts)' },
    },
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)node_modules/|^catalog/dashboard/web/' },
    // Parsed by TypeScript 6: see tools/checks/typescript-6.mjs.
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      extensions: ['.ts', '.js'],
      conditionNames: ['import', 'node'],
      exportsFields: ['exports'],
    },
  },
}
