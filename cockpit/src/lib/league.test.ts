import { describe, expect, it } from 'vitest'
import { beside, moved, moveText, rankText } from './league'

describe('a row beside another period', () => {
  it('says how much better or worse it is, and by how many places', () => {
    expect(moved({ score: 90.1, rank: 1 }, { score: 86.9, rank: 3 })).toEqual({ score: 3.2, places: 2 })
    expect(moveText(moved({ score: 80, rank: 2 }, { score: 80.5, rank: 2 }))).toBe('▼ 0.5')
    expect(moveText(moved({ score: 80, rank: 2 }, { score: 80, rank: 1 }))).toBe('= 0')
  })
  it('says nothing where one of the two has no data', () => {
    expect(moved({ score: null, rank: null }, { score: 80, rank: 1 })).toBeNull()
    expect(moved({ score: 80, rank: 1 }, null)).toBeNull()
    expect(moveText(moved({ score: 80, rank: 1 }, { score: null, rank: null }))).toBe('–')
  })
})

describe('ranks', () => {
  it('are marked where they are shared, and missing without data', () => {
    expect([rankText({ rank: 1, tied: true }), rankText({ rank: 3, tied: false }), rankText({ rank: null, tied: false })]).toEqual(['=1', '3', '–'])
  })
})

describe('periods', () => {
  it('have neighbours but at the ends', () => {
    expect(beside([1, 2, 3], 2)).toEqual({ before: 1, after: 3 })
    expect(beside([1, 2, 3], 1)).toEqual({ before: null, after: 2 })
    expect(beside([1, 2, 3], 3)).toEqual({ before: 2, after: null })
    expect(beside([], null)).toEqual({ before: null, after: null })
  })
})
