import { expect, it } from 'vitest'
import { passing, pauseOf } from './retry'

it('tries again by itself only where another try can help', () => {
  expect([0, 503, 429].map(passing)).toEqual([true, true, true])
  expect([400, 403, 409, 413].map(passing)).toEqual([false, false, false, false])
})

it('waits longer each time, and never longer than a minute', () => {
  expect([1, 2, 3, 4, 5, 6, 7, 99].map(pauseOf)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000])
})
