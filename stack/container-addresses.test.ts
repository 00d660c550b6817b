// The gateway of a container is read from the kernel's table of routes.
import { expect, test } from 'vitest'
import { gatewaysOf } from './container-addresses.ts'

test('the gateway is that of the default route', () => {
  const table = [
    'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
    'eth0\t00000000\t010011AC\t0003\t0\t0\t0\t00000000\t0\t0\t0',
    'eth0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0',
    '',
  ].join('\n')
  expect(gatewaysOf(table)).toEqual(['172.17.0.1'])
  expect(gatewaysOf('')).toEqual([])
})
