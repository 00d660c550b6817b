import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { freePorts, requireFree } from './ports.ts'

test('a taken port is an error that names who holds it, by process number and command', async () => {
  const ports = await freePorts()
  const holder = createServer().listen(ports.kafka, '127.0.0.1')
  await new Promise((resolve) => holder.once('listening', resolve))
  try {
    await expect(requireFree(ports)).rejects.toMatchObject({
      code: 'PORT_TAKEN',
      why: expect.stringMatching(
        new RegExp(`^port ${ports.kafka} \\(for kafka\\) is held by pid ${process.pid}: .+$`),
      ),
    })
  } finally {
    holder.close()
  }
})

test('free ports are all different and can be listened on', async () => {
  const ports = await freePorts()
  expect(new Set(Object.values(ports)).size).toBe(5)
  await expect(requireFree(ports)).resolves.toBeUndefined()
})
