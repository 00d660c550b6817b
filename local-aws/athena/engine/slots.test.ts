import { expect, test } from 'vitest'
import { openSlots } from './slots.ts'

const never = new AbortController().signal

test('so many run at once, and the others follow in their order', async () => {
  const slots = openSlots(2)
  const [first, second] = [await slots.take(never), await slots.take(never)]
  expect(slots.isFull).toBe(true)
  const order: string[] = []
  const take = async (name: string) => {
    const slot = await slots.take(never)
    order.push(name)
    return slot
  }
  const [third, fourth] = [take('third'), take('fourth')]
  second[Symbol.dispose]()
  ;(await third)[Symbol.dispose]()
  ;(await fourth)[Symbol.dispose]()
  expect(order).toEqual(['third', 'fourth'])
  first[Symbol.dispose]()
  expect(slots.isFull).toBe(false)
})

test('one that is stopped while it waits takes no slot', async () => {
  const slots = openSlots(1)
  const first = await slots.take(never)
  const controller = new AbortController()
  const waiting = slots.take(controller.signal)
  controller.abort(new Error('stopped'))
  await expect(waiting).rejects.toThrow('stopped')
  first[Symbol.dispose]()
  expect(slots.isFull).toBe(false)
  await expect(slots.take(controller.signal)).rejects.toThrow('stopped')
})
