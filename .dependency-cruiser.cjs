// The rooms of the project and which of them may look into which: the table in docs/architecture.md.
const mayImport = {
  contract: [],
  runtime: [],
  data: ['contract'],
  producer: ['contract', 'runtime', 'data'],
  consumer: ['contract', 'runtime'],
  catalog: ['contract', 'runtime'],
  'local-aws': ['runtime'],
  stack: ['runtime'],
  infra: ['contract', 'runtime'],
  faults: ['contract', 'runtime', 'stack'],
  // A library for others: nothing of ours.
  'packages/kafka-reader': [],
}

const rooms = Object.keys(mayImport)

module.exports = {
  forbidden: [
    ...rooms.map((room) => ({
      name: `${room.replace('/', '-')}-imports-only-${mayImport[room].join('-') || 'itself'}`,
      severity: 'error',
      comment: 'Tests may start the stack and other services; source files keep to the table.',
      from: { path: `^${room}/`, pathNot: '\\.test\\.ts$' },
      to: {
        path: `^(${rooms.filter((other) => other !== room && !mayImport[room].includes(other)).join('|')}|e2e)/`,
      },
    })),
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)node_modules/|^catalog/web/' },
    // Parsed by TypeScript 6: see stack/checks/typescript-6.mjs.
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      extensions: ['.ts', '.js'],
      conditionNames: ['import', 'node'],
      exportsFields: ['exports'],
    },
  },
}
