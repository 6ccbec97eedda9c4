import { expect, it } from 'vitest'
import { csv } from './csv'

it('quotes what must be quoted and disarms formulas', () => {
  expect(csv(['a', 'b'], [['x,y', '=1+1'], ['say "hi"', -3]])).toBe('\uFEFFa,b\r\n"x,y",\'=1+1\r\n"say ""hi""",-3\r\n')
})
