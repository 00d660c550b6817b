// What runs queries: one engine version, and no capacity that anybody could reserve.
import { invalidInput } from './errors.ts'
import { nameText, paging } from './members.ts'
import { engineVersion } from './query.ts'
import { integer, type Operations, operation, required } from './shape.ts'

const { EffectiveEngineVersion } = engineVersion
const named = { Name: required(nameText) }
const withSize = { ...named, TargetDpus: required(integer({ min: 4 })) }
const notFound = ({ Name }: { readonly Name: string }): never => {
  throw invalidInput(`Capacity reservation ${Name} was not found`)
}

export const capacityOperations: Operations = {
  ListEngineVersions: operation({ ...paging, MaxResults: integer({ min: 1, max: 10 }) }, () => ({
    EngineVersions: [
      engineVersion,
      { SelectedEngineVersion: EffectiveEngineVersion, EffectiveEngineVersion },
    ],
  })),
  ListCapacityReservations: operation(paging, () => ({ CapacityReservations: [] })),
  CreateCapacityReservation: operation(withSize, () => {
    throw invalidInput('Capacity reservations are not supported by local-aws')
  }),
  GetCapacityReservation: operation(named, notFound),
  UpdateCapacityReservation: operation(withSize, notFound),
  CancelCapacityReservation: operation(named, notFound),
  DeleteCapacityReservation: operation(named, notFound),
}
