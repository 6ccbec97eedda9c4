import { describe, expect, it } from 'vitest'
import { boxOf, heart, inside, overlaps } from './shapes'

const square = new Float64Array([0, 0, 10, 0, 10, 10, 0, 10])
const hole = new Float64Array([4, 4, 6, 4, 6, 6, 4, 6])
const ell = new Float64Array([0, 0, 30, 0, 30, 4, 4, 4, 4, 30, 0, 30])

describe('areas', () => {
  it('know what is inside, holes left out', () => {
    expect(inside([square, hole], 2, 2)).toBe(true)
    expect(inside([square, hole], 5, 5)).toBe(false)
    expect(inside([square, hole], 11, 5)).toBe(false)
  })

  it('put a label inside a bent shape and not at the middle of its box', () => {
    const { x, y } = heart([ell])
    expect(inside([ell], x, y)).toBe(true)
  })

  it('have boxes that touch or do not', () => {
    expect(boxOf([square])).toEqual({ x0: 0, y0: 0, x1: 10, y1: 10 })
    expect(overlaps({ x0: 0, y0: 0, x1: 2, y1: 2 }, { x0: 1, y0: 1, x1: 3, y1: 3 })).toBe(true)
    expect(overlaps({ x0: 0, y0: 0, x1: 2, y1: 2 }, { x0: 2, y0: 0, x1: 3, y1: 3 })).toBe(false)
  })
})
