// The table by which the engine writes an UNLOAD: its database has to be there, and it is dropped when its files are.
import { GlueError } from '../../glue/api/errors.ts'
import type { GlueService } from '../../glue/api/service.ts'
import { unloadDatabase, unloadTable } from '../sql/unload.ts'

/** Makes the database `default` where somebody has dropped it. @throws GlueError */
export async function prepareUnload(glue: GlueService): Promise<void> {
  if (!(await glue.getDatabase(unloadDatabase))) await glue.createDatabase({ Name: unloadDatabase })
}

/** Takes the table of a query out of the catalog; its files stay. @throws a defect of the catalog */
export async function dropUnloadTable(queryId: string, glue: GlueService): Promise<void> {
  try {
    await glue.dropTable(unloadDatabase, unloadTable(queryId))
  } catch (error) {
    // An UNLOAD that failed has made none.
    if (!(error instanceof GlueError)) throw error
  }
}
