import { describe, expect, it } from 'vitest'
import { Film } from './frames'

function stateAt(film: Film, moment: number): Record<string, string> {
  const out: Record<string, string> = {}
  film.at(moment, (code, level, unknown) => (out[code] = unknown ? `${level}?` : level))
  return out
}

const film = new Film({
  from: 0, until: 3_000, step: 1_000, start: { a: 'normal', b: 'normal' },
  changes: [
    { at: 2_000, places: { a: 'red' } },
    { at: 1_000, places: { a: 'blue' }, unknown: { b: true } },
    { at: 3_000, places: { c: 'yellow' }, unknown: { b: false } },
  ],
})

describe('the film', () => {
  it('keeps what a frame does not mention', () => {
    expect(stateAt(film, 1_500)).toMatchObject({ a: 'blue', b: 'normal?' })
    expect(stateAt(film, 2_000)).toMatchObject({ a: 'red', b: 'normal?' })
  })

  it('reads backward as it read forward', () => {
    const forward = [0, 1_000, 2_000, 3_000].map((moment) => stateAt(film, moment))
    const backward = [3_000, 2_000, 1_000, 0].map((moment) => stateAt(film, moment)).reverse()
    expect(backward).toEqual(forward)
  })

  it('stays inside itself and on whole frames', () => {
    expect(film.snap(1_400)).toBe(1_000)
    expect(film.snap(-5)).toBe(0)
    expect(film.snap(9_999)).toBe(3_000)
  })

  it('gives the same state beyond a full copy as replaying everything', () => {
    const changes = Array.from({ length: 2_000 }, (_, i) => ({ at: i, places: { [`p${i % 37}`]: i % 3 ? 'blue' : 'red' } }))
    const long = new Film({ from: 0, until: 2_000, step: 1, start: { p0: 'normal' }, changes })
    const expected: Record<string, string> = { p0: 'normal' }
    for (const change of changes.slice(0, 1_501)) Object.assign(expected, change.places)
    expect(stateAt(long, 1_500)).toMatchObject(expected)
  })
})
