import { describe, expect, it } from 'vitest'
import { clockTime, countdown, day, dayTime, span, used } from './time'

describe('times', () => {
  it('are shown in the zone of the centre', () => {
    const at = Date.UTC(2018, 4, 13, 18, 5, 9)
    expect(clockTime(at, 480)).toBe('02:05')
    expect(clockTime(at, 480, true)).toBe('02:05:09')
    expect(dayTime(at, 480)).toBe('05-14 02:05')
    expect(day(at, 480)).toBe('2018-05-14')
  })

  it('say a span in its two largest units', () => {
    expect(span(4_800_000, 'en')).toBe('1 h 20 min')
    expect(span(4_800_000, 'zh')).toBe('1小时20分')
    expect(span(3_600_000 + 5_000, 'en')).toBe('1 h')
    expect(span(0, 'zh')).toBe('0秒')
  })

  it('count down', () => {
    expect(countdown(299_000)).toBe('04:59')
    expect(countdown(-3_899_000)).toBe('1:04:59')
    expect(countdown(183_600_000)).toBe('2d 03:00')
  })

  it('know how much of a clock has run', () => {
    expect(used(0, 100, 50)).toBe(0.5)
    expect(used(0, 100, 250)).toBe(2.5)
    expect(used(100, 100, 50)).toBe(0)
  })
})
