/** Areas as flat rings in map units: drawing, finding what lies under a point, and where a label fits. */

/** x, y, x, y ... closed or not. */
export type Ring = Float64Array
export interface Box { x0: number; y0: number; x1: number; y1: number }

export function boxOf(rings: Ring[]): Box {
  const box = { x0: Infinity, y0: Infinity, x1: -Infinity, y1: -Infinity }
  for (const ring of rings) {
    for (let i = 0; i < ring.length; i += 2) {
      box.x0 = Math.min(box.x0, ring[i]!)
      box.x1 = Math.max(box.x1, ring[i]!)
      box.y0 = Math.min(box.y0, ring[i + 1]!)
      box.y1 = Math.max(box.y1, ring[i + 1]!)
    }
  }
  return box
}

export function join(boxes: Box[]): Box {
  return boxes.reduce((a, b) => ({ x0: Math.min(a.x0, b.x0), y0: Math.min(a.y0, b.y0), x1: Math.max(a.x1, b.x1), y1: Math.max(a.y1, b.y1) }))
}

/** Even-odd rule over all rings, so holes count. */
export function inside(rings: Ring[], x: number, y: number): boolean {
  let hit = false
  for (const ring of rings) {
    for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
      const [xi, yi, xj, yj] = [ring[i]!, ring[i + 1]!, ring[j]!, ring[j + 1]!]
      if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) hit = !hit
    }
  }
  return hit
}

function edgeDistance(rings: Ring[], x: number, y: number): number {
  let least = Infinity
  for (const ring of rings) {
    for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
      const [ax, ay, bx, by] = [ring[j]!, ring[j + 1]!, ring[i]!, ring[i + 1]!]
      const [dx, dy] = [bx - ax, by - ay]
      const t = Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1)))
      least = Math.min(least, (x - ax - t * dx) ** 2 + (y - ay - t * dy) ** 2)
    }
  }
  return Math.sqrt(least)
}

/** A point well inside: the best of a grid, wider than high because labels are. */
export function heart(rings: Ring[], steps = 16): { x: number; y: number; room: number } {
  const box = boxOf(rings)
  let best = { x: (box.x0 + box.x1) / 2, y: (box.y0 + box.y1) / 2, room: 0 }
  for (let i = 1; i < steps; i++) {
    for (let j = 1; j < steps; j++) {
      const x = box.x0 + ((box.x1 - box.x0) * i) / steps
      const y = box.y0 + ((box.y1 - box.y0) * j) / steps
      if (!inside(rings, x, y)) continue
      const room = edgeDistance(rings, x, y)
      if (room > best.room) best = { x, y, room }
    }
  }
  return best
}

export function overlaps(a: Box, b: Box): boolean {
  return a.x0 < b.x1 && b.x0 < a.x1 && a.y0 < b.y1 && b.y0 < a.y1
}
