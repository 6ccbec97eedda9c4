/** Short names for the map: what kind of place it is goes without saying there. */

/** `石柱土家族自治县` names a people between the place and its kind. */
const PEOPLES = /(?:(?:土家|苗|彝|侗|回|藏|羌|布依|仡佬|各)族)+$/

export function shortZh(name: string): string {
  const bare = name.replace(/(自治县|自治区|自治州)$/, '')
  if (bare !== name) return bare.replace(PEOPLES, '')
  const cut = name.replace(/(街道|新区|区|县|市|镇|乡)$/, '')
  return cut.length >= 2 ? cut : name
}

/** The place part of a unit's id: `500101.drainage` -> `500101`. */
export function placeOf(unit: string): string {
  return unit.split('.')[0] ?? unit
}
