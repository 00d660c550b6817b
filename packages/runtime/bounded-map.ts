// A map that keeps only its newest entries, for caches and recently seen keys.

/** Beyond `limit` entries the oldest one is dropped; setting a key again does not make it newer. */
export class BoundedMap<K, V> extends Map<K, V> {
  readonly #limit: number

  constructor(limit: number) {
    super()
    this.#limit = limit
  }

  override set(key: K, value: V): this {
    super.set(key, value)
    if (this.size > this.#limit) this.delete(this.keys().next().value!)
    return this
  }
}
