/** What a rung of a ladder looks at, worked out from raw readings so that a chart can show it beside its threshold. */

export type Fold = 'sum' | 'mean' | 'max' | 'min' | 'delta'
/** `times`: the same must hold in each of so many spans, one before the other. */
export interface Window { fold: Fold; over: number; times: number }

const SPAN_MS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `sum 12h >= 50` -> the sum over 12 hours; a rule without a window gives null. */
export function windowOf(rule: string): Window | null {
  const found = /^(sum|mean|max|min|delta)\s+((?:\d+[smhd])+)\b(?: in each of the last (\d+) spans)?/.exec(rule.trim())
  if (!found) return null
  let over = 0
  for (const [, size, unit] of found[2]!.matchAll(/(\d+)([smhd])/g)) over += Number(size) * SPAN_MS[unit!]!
  return over > 0 ? { fold: found[1] as Fold, over, times: Number(found[3] ?? 1) } : null
}

/**
 * The fold over (at - over, at] at every reading. Gaps (null) are left out; a window of gaps only is a gap, and so is one
 * that reaches back before `from`, where readings were not asked for.
 */
export function trailing(at: number[], value: (number | null)[], { fold, over }: Pick<Window, 'fold' | 'over'>, from = -Infinity): (number | null)[] {
  let first = 0
  return at.map((now, i) => {
    if (now - over < from) return null
    while (at[first]! <= now - over) first++
    const inside: number[] = []
    for (let k = first; k <= i; k++) {
      const reading = value[k]
      if (reading !== null && reading !== undefined) inside.push(reading)
    }
    return inside.length ? folded(inside, fold) : null
  })
}

function folded(values: number[], fold: Fold): number {
  switch (fold) {
    case 'sum': return values.reduce((a, b) => a + b, 0)
    case 'mean': return values.reduce((a, b) => a + b, 0) / values.length
    case 'max': return Math.max(...values)
    case 'min': return Math.min(...values)
    case 'delta': return values[values.length - 1]! - values[0]!
  }
}
