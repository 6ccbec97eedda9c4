/** Names of units from their ids, where an answer gives only those: `500101.drainage` is a place and a role. */
import { shallowRef } from 'vue'
import { api } from '../api/client'
import { hello, root } from '../api/live'
import type { UnitName, Words } from '../api/types'
import { placeOf } from '../lib/names'
import { say } from '../shell/prefs'
import { geography, loadGeography } from './geography'

/** Units without a polygon, as they were asked for: special zones, villages. */
const top = shallowRef(new Map<string, Words>())
const askedUnder = new Set<string>()
let asked = false

export function loadUnitNames(): void {
  if (asked) return
  asked = true
  loadGeography().catch(() => (asked = false))
  askUnder(root.value)
}

function askUnder(parent: string): void {
  if (askedUnder.has(parent)) return
  askedUnder.add(parent)
  api.units(parent).then((units) => (top.value = new Map([...top.value, ...units.map((unit) => [unit.id, unit.words] as const)]))).catch(() => askedUnder.delete(parent))
}

export function placeWords(code: string): Words | undefined {
  if (code === root.value) return hello.value?.centre.name
  return geography.value?.byId.get(code)?.words ?? top.value.get(code)
}

export function unitWords(id: string): Words | undefined {
  const known = top.value.get(id)
  if (known) return known
  const place = placeWords(placeOf(id))
  if (placeOf(id) === id || !place) return place
  const role = hello.value?.words.role?.[id.slice(placeOf(id).length + 1)]
  return role ? { zh: place.zh + role.zh, en: `${role.en}, ${place.en}` } : undefined
}

/** What to show for a unit however it came: with words, or as an id. */
export function unitSaid(unit: UnitName | string | null | undefined): string {
  if (!unit) return ''
  if (typeof unit !== 'string') return say(unit.words) || unit.id
  const said = say(unitWords(unit))
  // A village is known only to its town, whose code is the beginning of its own.
  if (!said && /^\d{12}$/.test(unit)) queueMicrotask(() => askUnder(unit.slice(0, 9)))
  return said || unit
}
