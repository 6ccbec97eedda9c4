/** Finding a place or a case by a few letters in either language. */
import type { Words } from '../api/types'

export interface Entry { id: string; words: Words; hint?: Words; kind: string; to: string; weight?: number }

/** Best matches first: whole beginnings before insides, names before ids, then weight. Case and spaces do not matter. */
export function find(entries: readonly Entry[], typed: string, most = 30): Entry[] {
  const wanted = typed.trim().toLowerCase().replace(/\s+/g, '')
  if (!wanted) return entries.slice(0, most)
  const hits: { entry: Entry; rank: number }[] = []
  for (const entry of entries) {
    const rank = rankOf(entry, wanted)
    if (rank > 0) hits.push({ entry, rank: rank + (entry.weight ?? 0) })
  }
  hits.sort((a, b) => b.rank - a.rank || a.entry.id.localeCompare(b.entry.id))
  return hits.slice(0, most).map((hit) => hit.entry)
}

function rankOf(entry: Entry, wanted: string): number {
  let best = 0
  for (const name of [entry.words.zh, entry.words.en, entry.id]) {
    const plain = name.toLowerCase().replace(/\s+/g, '')
    const at = plain.indexOf(wanted)
    if (at < 0) continue
    best = Math.max(best, plain === wanted ? 100 : at === 0 ? 60 : 30)
  }
  return best
}
