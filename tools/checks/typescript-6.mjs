// Gives dependency-cruiser a TypeScript that has an API: version 7, which checks the types here, has none yet.
import { registerHooks } from 'node:module'

registerHooks({
  resolve: (specifier, context, next) =>
    next(specifier.replace(/^typescript(?=\/|$)/, 'typescript-6'), context),
})
