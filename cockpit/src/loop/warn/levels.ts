/** Levels as screens draw them: colour by theme, digit, order from calm to worst. */
import { computed } from 'vue'
import { hello } from '../../api/live'
import type { Level } from '../../api/types'
import { drawn, ink } from '../../lib/colour'
import { dark } from '../../shell/prefs'

const GROUND = { dark: '#0b2534', light: '#ffffff' }

export interface DrawnLevel extends Level { rank: number; drawn: string; ink: string }

export const levels = computed<DrawnLevel[]>(() => (hello.value?.levels ?? []).map((level, rank) => {
  const colour = drawn(level.colour, rank === 0, dark.value, dark.value ? GROUND.dark : GROUND.light)
  return { ...level, rank, drawn: colour, ink: ink(colour) }
}))
const byId = computed(() => new Map(levels.value.map((level) => [level.id, level])))

export function levelOf(id: string | null | undefined): DrawnLevel | undefined {
  return id ? byId.value.get(id) : undefined
}
export function rankOf(id: string | null | undefined): number {
  return levelOf(id)?.rank ?? -1
}

/** CSS variables for the root element: `--level-red`, `--ink-red`. */
export const levelColours = computed<Record<string, string>>(() => Object.fromEntries(
  levels.value.flatMap((level) => [[`--level-${level.id}`, level.drawn], [`--ink-${level.id}`, level.ink]]),
))
