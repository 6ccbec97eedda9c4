/** Does a place or thing belong to what is looked at? A thing's code names its town (`LP-500101001-1`). */
export function inScope(code: string, place: string, root: string, areaUnder: (code: string) => boolean | undefined): boolean {
  if (place === root) return true
  const own = areaUnder(code)
  if (own !== undefined) return own
  const inside = /\d{9}|\d{6}/.exec(code)?.[0]
  return inside ? areaUnder(inside) ?? inside.startsWith(place) : false
}
