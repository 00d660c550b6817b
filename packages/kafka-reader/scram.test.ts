import { expect, test } from 'vitest'
import { scramClient } from './scram.ts'

const nonce = 'rOprNGfwEbeRWgbNEkqO'
const serverFirst = `r=${nonce}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`

test('the example of RFC 7677', async () => {
  const client = scramClient('sha256', 'user', nonce)
  expect(client.first).toBe(`n,,n=user,r=${nonce}`)
  expect(await client.final(serverFirst, 'pencil')).toBe(
    `c=biws,r=${nonce}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=`,
  )
  client.verify('v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=')
  for (const wrong of ['v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=', 'v=', 'e=other-error', '']) {
    expect(() => client.verify(wrong)).toThrow('did not prove')
  }
})

test('an impostor, or a server that asks for too few or too many iterations, is refused', async () => {
  const answers = [
    serverFirst.replace('4096', '100'),
    serverFirst.replace('4096', '999999999'),
    serverFirst.replace(nonce, 'other'),
    `r=${nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`,
    'e=unknown-user',
  ]
  for (const answer of answers) {
    await expect(scramClient('sha512', 'user', nonce).final(answer, 'pencil')).rejects.toThrow('server')
  }
  expect(() => scramClient('sha512', 'user', nonce).verify('v=')).toThrow('did not prove')
})

test('a name may have the signs that separate', () => {
  expect(scramClient('sha512', 'a=b,c', 'n').first).toBe('n,,n=a=3Db=2Cc,r=n')
})
