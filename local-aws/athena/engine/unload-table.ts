// The table through which the engine writes an UNLOAD: its database must exist, and it is dropped afterwards.
import { GlueError } from '../../glue/api/errors.ts'
import type { GlueService } from '../../glue/api/service.ts'
import { unloadDatabase, unloadTable } from '../sql/unload.ts'

/** Creates the database `default` if somebody has dropped it. @throws GlueError */
export async function prepareUnload(glue: GlueService): Promise<void> {
  if (!(await glue.getDatabase(unloadDatabase))) await glue.createDatabase({ Name: unloadDatabase })
}

/** Removes the table of a query from the catalog; its files stay. @throws only unexpected errors of the catalog */
export async function dropUnloadTable(queryId: string, glue: GlueService): Promise<void> {
  try {
    await glue.dropTable(unloadDatabase, unloadTable(queryId))
  } catch (error) {
    // An UNLOAD that failed has created none.
    if (!(error instanceof GlueError)) throw error
  }
}
