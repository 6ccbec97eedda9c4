import { describe, expect, it } from 'vitest'
import { hear, pace, readClock, startClock } from './clock'

describe('the virtual clock', () => {
  it('runs at the speed of the demo between two words', () => {
    expect(readClock(startClock(1_000_000, 0, 288), 1_000)).toBe(1_000_000 + 288_000)
  })

  it('stands still when paused', () => {
    expect(readClock(startClock(5_000, 0, 288, true), 60_000)).toBe(5_000)
  })

  it('waits for a server that stalls in a demo', () => {
    const clock = hear(startClock(0, 0, 300), 300_000, 1_000)
    expect(readClock(clock, 1_000 + 60_000)).toBe(300_000 + 1_250 * 300)
  })

  it('keeps running in real life however long the line is quiet', () => {
    expect(readClock(startClock(0, 0), 3_600_000)).toBe(3_600_000)
  })

  it('does not jump when the speed changes', () => {
    const before = startClock(0, 0, 100)
    const shown = readClock(before, 500)
    expect(readClock(pace(before, 500, 600, false), 500)).toBe(shown)
  })
})
