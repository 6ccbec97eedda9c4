import { describe, expect, it } from 'vitest'
import type { VitalCell, VitalColumn, VitalRow } from '../api/types'
import { figure, keyOf, percent, signed, sorted, split, stepped } from './vitals'

const cell = (points: number | null): VitalCell => ({ level: points === null ? null : 'blue', points, worst: null, lifted: false, known: points === null ? 0 : 3, expected: 3, value: null })
const column = (id: string, indicators: number, kind: VitalColumn['kind'] = 'track'): VitalColumn => ({ kind, id, words: { zh: id, en: id }, indicators, unit: '', datum: { zh: '', en: '' }, origin: '' })
const row = (code: string, total: number | null, ...cells: (number | null)[]): VitalRow => ({
  place: { code, words: { zh: code, en: code } }, level: 'district', below: true, rank: null, total: cell(total), cells: cells.map(cell),
})
const columns = [column('a', 2), column('b', 0), column('c', 1)]
const rows = [row('1', 2, 0, null, 5), row('2', null, null, null, null), row('3', 7, 9, null, null), row('4', 2, 1, null, 8)]
const codes = (some: VitalRow[]): string => some.map((one) => one.place.code).join('')

describe('order of rows', () => {
  it('puts the worst first and what has no data last, both ways', () => {
    expect(codes(sorted(rows, columns, '', 'worst'))).toBe('3142')
    expect(codes(sorted(rows, columns, '', 'best'))).toBe('1432')
  })
  it('can go by one column, where other rows have no data', () => {
    expect(codes(sorted(rows, columns, keyOf(columns[2]!), 'worst'))).toBe('4123')
  })
  it('leaves the order of places alone', () => expect(codes(sorted(rows, columns, '', 'place'))).toBe('1234'))
})

describe('columns', () => {
  it('only names what nobody measures', () => {
    const { shown, empty } = split(columns)
    expect(shown).toEqual([0, 2])
    expect(empty.map((one) => one.id)).toEqual(['b'])
  })
  it('shows every plate', () => expect(split([column('p', 0, 'plate'), column('q', 3, 'plate')]).shown).toEqual([0, 1]))
})

it('writes figures with the digits that matter', () => {
  expect([0, 0.8125, 12.345, 123.4, 1240.4, null].map(figure)).toEqual(['0', '0.81', '12.3', '123', '1,240', '–'])
  expect([12.5, -3, 0.001].map(signed)).toEqual(['+12.5', '−3', '±0'])
})

it('never rounds a share to all or nothing that is neither', () => expect([0, 0.002, 0.5, 0.996, 1].map(percent)).toEqual(['0%', '<1%', '50%', '>99%', '100%']))

it('steps through cells and stops at the edges', () => {
  expect(stepped(0, 0, 'ArrowRight', 3, 2)).toEqual([0, 1])
  expect(stepped(0, 1, 'ArrowRight', 3, 2)).toBeNull()
  expect(stepped(0, 0, 'ArrowUp', 3, 2)).toBeNull()
  expect(stepped(2, 1, 'Home', 3, 2)).toEqual([2, 0])
  expect(stepped(0, 1, 'PageDown', 3, 2)).toEqual([2, 1])
  expect(stepped(0, 0, 'x', 3, 2)).toBeNull()
})
