import { expect, it } from 'vitest'
import { placeOf, shortZh } from './names'

it('shortens names of places and keeps those that would become one character', () => {
  expect(['万州区', '城口县', '忠县', '石柱土家族自治县', '酉阳土家族苗族自治县', '彭水苗族土家族自治县', '高笋塘街道'].map(shortZh)).toEqual(
    ['万州', '城口', '忠县', '石柱', '酉阳', '彭水', '高笋塘'],
  )
})

it('finds the place of a department', () => {
  expect(placeOf('500101.drainage')).toBe('500101')
  expect(placeOf('500101')).toBe('500101')
})
