import { describe, expect, it } from 'vitest'
import { contrast, difference, drawn, ink, seenBy, type Deficiency } from './colour'

const LEVELS = ['#A3E2D5', '#3C7DDE', '#FFF88F', '#E08723', '#C0173C']

/** The least difference between two levels as drawn, over normal eyes and three that see fewer colours. */
function least(dark: boolean, ground: string): number {
  const colours = LEVELS.map((colour, i) => drawn(colour, i === 0, dark, ground))
  const eyes: (Deficiency | null)[] = [null, 'protan', 'deutan', 'tritan']
  const seen = eyes.map((eye) => colours.map((colour) => (eye ? seenBy(colour, eye) : colour)))
  const pairs = seen.flatMap((set) => set.flatMap((a, i) => set.slice(i + 1).map((b) => difference(a, b))))
  return Math.min(...pairs)
}

describe('colours of levels', () => {
  it('agrees with published CIEDE2000 pairs', () => {
    expect(difference('#ffffff', '#000000')).toBeCloseTo(100, 3)
    expect(difference('#808080', '#808080')).toBe(0)
    expect(difference('#ff0000', '#00ff00')).toBeCloseTo(86.6, 0)
  })

  it('stay apart as drawn in the dark for every kind of eyes', () => {
    expect(least(true, '#0b2534')).toBeGreaterThan(15)
  })

  it('stay apart as drawn in the light for every kind of eyes', () => {
    expect(least(false, '#eef1f4')).toBeGreaterThan(15)
  })

  it('always carry a digit that can be read', () => {
    for (const colour of LEVELS) expect(contrast(colour, ink(colour))).toBeGreaterThan(4.5)
  })
})
