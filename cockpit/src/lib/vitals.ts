/** Vital signs as a table: which columns are worth their width, in what order rows stand, how numbers and steps read. */
import type { VitalCell, VitalColumn, VitalRow } from '../api/types'

export type Order = 'worst' | 'best' | 'place'
export const ORDERS: readonly Order[] = ['worst', 'best', 'place']

/** What a row is sorted by: its cell under a column, or the whole row. */
export function cellOf(row: VitalRow, columns: readonly VitalColumn[], column: string): VitalCell {
  const at = columns.findIndex((one) => keyOf(one) === column)
  return row.cells[at] ?? row.total
}

export const keyOf = (column: { kind: string; id: string }): string => `${column.kind}:${column.id}`

/** Rows without a score stay last, however the others are ordered: no data is neither good nor bad. */
export function sorted(rows: readonly VitalRow[], columns: readonly VitalColumn[], column: string, order: Order): VitalRow[] {
  if (order === 'place') return [...rows]
  const sign = order === 'worst' ? -1 : 1
  return [...rows].sort((a, b) => {
    const [x, y] = [cellOf(a, columns, column).points, cellOf(b, columns, column).points]
    if (x === null || y === null) return Number(x === null) - Number(y === null)
    return sign * (x - y)
  })
}

/** Columns with indicators, and the rest: plates are few and always shown, below them empty ones are only named. */
export function split(columns: readonly VitalColumn[]): { shown: number[]; empty: VitalColumn[] } {
  const shown = columns.map((_, i) => i).filter((i) => columns[i]!.indicators > 0 || columns[i]!.kind === 'plate')
  return { shown, empty: columns.filter((_, i) => !shown.includes(i)) }
}

/** `0.84`, `12.3`, `1,240`: three digits that matter, no trailing noughts. */
export function figure(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–'
  const size = Math.abs(value)
  if (size >= 1_000) return Math.round(value).toLocaleString('en')
  return String(Number(value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2)))
}

/** `+12.5`, `−3`: a difference always says its side. */
export function signed(value: number): string {
  const text = figure(Math.abs(value))
  return text === '0' ? '±0' : `${value < 0 ? '−' : '+'}${text}`
}

export const percent = (share: number): string => `${share > 0 && share < 0.01 ? '<1' : share < 1 && share > 0.99 ? '>99' : Math.round(share * 100)}%`

/** Where an arrow key leads in a table of `rows` by `columns`; null where it leads nowhere. */
export function stepped(row: number, column: number, key: string, rows: number, columns: number): [number, number] | null {
  const steps: Record<string, [number, number]> = {
    ArrowUp: [row - 1, column], ArrowDown: [row + 1, column], ArrowLeft: [row, column - 1], ArrowRight: [row, column + 1],
    Home: [row, 0], End: [row, columns - 1], PageUp: [Math.max(0, row - 10), column], PageDown: [Math.min(rows - 1, row + 10), column],
  }
  const to = steps[key]
  if (!to || to[0] < 0 || to[0] >= rows || to[1] < 0 || to[1] >= columns) return null
  return to
}
