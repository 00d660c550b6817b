// Reads dataset.json: the dataset's topic, format and contract.

import type { LakeConfig } from '@ticklake/aws/config.ts'
import { fromOldVersion } from '@ticklake/aws/old-versions.ts'
import type { Dataset } from '@ticklake/contract/claim.ts'
import { datasetKey, type Lake } from '@ticklake/contract/keys.ts'
import { Failure, reasonOf } from '@ticklake/runtime/errors.ts'
import type { ObjectSource } from './object-source.ts'

/**
 * Parses the text of dataset.json.
 * @param meanwhile what a failure means for the data
 * @throws Failure DATASET_UNREADABLE
 */
export function parseDataset(text: string, lake: Lake, meanwhile: string): Dataset {
  try {
    const dataset = JSON.parse(text) as Dataset
    if (typeof dataset !== 'object' || dataset === null) throw new Error('it is not a JSON object')
    // Other versions may have other fields: readers that need them check `v`.
    if (dataset.v === 1 && !(Number.isSafeInteger(dataset.contract) && dataset.contract >= 1)) {
      throw new Error(`its contract is ${dataset.contract}`)
    }
    return dataset
  } catch (error) {
    throw new Failure({
      code: 'DATASET_UNREADABLE',
      what: `${datasetKey(lake)} is unreadable; ${meanwhile}`,
      why: reasonOf(error),
      remedy: `restore it ${fromOldVersion}, as the consumer wrote it`,
      cause: error,
    })
  }
}

/**
 * The settings fixed when the dataset was created; undefined: there is no dataset.
 * @throws Failure DATASET_UNREADABLE, DATASET_DIFFERS when LAKE_FORMAT is not the dataset's
 */
export async function readDataset(source: ObjectSource, lake: LakeConfig): Promise<Dataset | undefined> {
  const stored = await source.text(datasetKey(lake))
  if (!stored) return undefined
  const dataset = parseDataset(stored.text, lake, 'nothing was read of the dataset')
  if (dataset.format !== lake.format) {
    throw new Failure({
      code: 'DATASET_DIFFERS',
      what: `the dataset ${lake.dataset} is written in ${dataset.format}; nothing was checked`,
      why: `LAKE_FORMAT is ${lake.format}`,
      remedy: `set LAKE_FORMAT=${dataset.format}, or LAKE_DATASET to another dataset`,
    })
  }
  return dataset
}
