/** Short names for the map: what kind of place it is goes without saying there. */

export function shortZh(name: string): string {
  const bare = name.replace(/([\u4e00-\u9fff]{1,3}族)*(自治县|自治区|自治州)$/, '')
  if (bare !== name && bare.length >= 2) return bare.replace(/([\u4e00-\u9fff]{2})(土家|苗|土).*$/, '$1')
  const cut = name.replace(/(街道|新区|区|县|市|镇|乡)$/, '')
  return cut.length >= 2 ? cut : name
}

/** The place part of a unit's id: `500101.drainage` -> `500101`. */
export function placeOf(unit: string): string {
  return unit.split('.')[0] ?? unit
}
