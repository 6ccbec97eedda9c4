import { expect, it } from 'vitest'
import { EMPTY, lacking, proofOf } from './commanding'

const claim = { does: 'claim', words: { zh: '报完成', en: 'Claim' }, needs: ['text', 'count', 'position', 'photo'] }

it('sends numbers only where numbers were typed', () => {
  expect(proofOf({ text: ' done ', count: '2', lon: '106.5', lat: 'x' })).toEqual({ text: 'done', count: 2 })
  expect(proofOf(EMPTY)).toEqual({})
})

it('says what is still asked for, and leaves photos to the field', () => {
  expect(lacking(claim, EMPTY)).toEqual(['text', 'count', 'position'])
  expect(lacking(claim, { text: 'ok', count: '0', lon: '106.5', lat: '29.5' })).toEqual([])
})
