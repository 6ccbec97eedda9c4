/** A row of a league beside another period: how much the score moved, and the rank. */

import type { ScoreRow, Standing } from '../api/types'

export interface Move {
  /** Above 0: better. */
  score: number
  /** Places gained; null where one of the two has no rank. */
  places: number | null
}

/** null: one of the two has no score. */
export function moved(row: Pick<ScoreRow, 'score' | 'rank'>, before: Standing | null): Move | null {
  if (row.score === null || before === null || before.score === null) return null
  const places = row.rank === null || before.rank === null ? null : before.rank - row.rank
  return { score: Math.round((row.score - before.score) * 100) / 100, places }
}

/** `▲ 3.2`, `▼ 0.5`, `= 0`: the sign is never by colour alone. */
export function moveText(move: Move | null): string {
  if (move === null) return '–'
  const sign = move.score > 0 ? '▲' : move.score < 0 ? '▼' : '='
  return `${sign} ${Math.abs(move.score)}`
}

/** `=2` where others share the rank. */
export const rankText = (row: Pick<ScoreRow, 'rank' | 'tied'>): string => (row.rank === null ? '–' : `${row.tied ? '=' : ''}${row.rank}`)

/** The periods beside the one that is shown. */
export function beside(periods: number[], since: number | null): { before: number | null; after: number | null } {
  const at = since === null ? -1 : periods.indexOf(since)
  return { before: at > 0 ? periods[at - 1]! : null, after: at >= 0 ? (periods[at + 1] ?? null) : null }
}
