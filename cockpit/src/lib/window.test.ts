import { describe, expect, it } from 'vitest'
import { trailing, windowOf } from './window'

const HOUR = 3_600_000

describe('windows of a ladder', () => {
  it('are read from the rule in one line', () => {
    expect(windowOf('sum 12h >= 50')).toEqual({ fold: 'sum', over: 12 * HOUR, times: 1 })
    expect(windowOf('mean 1h30m > 2')).toEqual({ fold: 'mean', over: 1.5 * HOUR, times: 1 })
    expect(windowOf('max 1d in each of the last 3 spans >= 30')).toEqual({ fold: 'max', over: 24 * HOUR, times: 3 })
    expect(windowOf('>= 30')).toBeNull()
    expect(windowOf('value >= 30')).toBeNull()
  })

  it('hold their end and not their beginning', () => {
    const at = [0, HOUR, 2 * HOUR, 3 * HOUR]
    expect(trailing(at, [1, 2, 4, 8], { fold: 'sum', over: 2 * HOUR })).toEqual([1, 3, 6, 12])
  })

  it('say nothing where they reach back before what was read', () => {
    const at = [0, HOUR, 2 * HOUR, 3 * HOUR]
    expect(trailing(at, [1, 1, 1, 1], { fold: 'sum', over: 2 * HOUR }, 0)).toEqual([null, null, 2, 2])
  })

  it('leave gaps out and say when nothing is left', () => {
    const at = [0, HOUR, 2 * HOUR]
    expect(trailing(at, [null, 3, null], { fold: 'max', over: HOUR })).toEqual([null, 3, null])
  })
})
