import { expect, it } from 'vitest'
import { inScope } from './scope'

const under = (code: string): boolean | undefined => ({ '500101': true, '500101001': true, '500103001': false })[code]

it('finds the town in the code of a thing', () => {
  expect(inScope('LP-500101001-1', '500101', '500000', under)).toBe(true)
  expect(inScope('LP-500103001-1', '500101', '500000', under)).toBe(false)
  expect(inScope('anything', '500000', '500000', under)).toBe(true)
  expect(inScope('anything', '500101', '500000', under)).toBe(false)
})
