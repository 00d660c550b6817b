import { expect, test } from 'vitest'
import { engineLocation } from './location.ts'

test.each([
  ['s3://b/x/y/', 's3://b/x/y/'],
  ['s3://b/x/y', 's3://b/x/y'],
  ['s3://b', 's3://b/'],
  ['S3://b/X/', 's3://b/X/'],
  ['s3a://b/x/', 's3://b/x/'],
  ['s3n://b/x/', 's3://b/x/'],
  ['s3://b//x///y//', 's3://b/x/y/'],
  ['s3://b/a b/ ', 's3://b/a b/ '],
  ['s3://b/x:y/z', 's3://b/x:y/z'],
])('%j is the folder %j', (location, folder) => {
  expect(engineLocation(location)).toBe(folder)
})

test.each([
  '',
  's3://',
  's3:////b/x/',
  's3:/b/x/',
  ' s3://b/x/',
  'b/x/',
  'https://b.s3.amazonaws.com/x/',
  'arn:aws:s3:::b/x/',
])('%j is not in S3', (location) => {
  expect(engineLocation(location)).toBeUndefined()
})
