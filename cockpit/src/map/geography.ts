/** The areas of the centre: read once, projected once, kept as paths that are only scaled afterwards. */
import L from 'leaflet'
import { shallowRef } from 'vue'
import { feature, mesh } from 'topojson-client'
import type { Feature, MultiPolygon, Polygon, Position } from 'geojson'
import type { GeometryCollection, GeometryObject, Topology } from 'topojson-specification'
import { api } from '../api/client'
import type { Words } from '../api/types'
import { shortZh } from '../lib/names'
import { boxOf, heart, inside, join, type Box, type Ring } from '../lib/shapes'

/** Paths are in pixels of this zoom, from the corner of the whole area. */
export const BASE_ZOOM = 8

export interface Area {
  id: string; words: Words; short: Words; parent: string; duty: string; district: boolean; synthetic: boolean
  path: Path2D; rings: Ring[]; box: Box; readonly label: { x: number; y: number; room: number }; size: number
}
export interface Geography {
  places: Area[]; towns: Area[]; districts: Area[]; byId: Map<string, Area>
  townLines: Path2D; districtLines: Path2D; outline: Path2D
  origin: L.Point; box: Box
}
interface Properties { name: string; name_en: string; parent: string; synthetic?: boolean; duty?: string }

export const geography = shallowRef<Geography | null>(null)
let reading: Promise<Geography> | null = null

export function loadGeography(): Promise<Geography> {
  reading ??= api.geo().then((topology) => (geography.value = build(topology))).catch((error: unknown) => {
    reading = null
    throw error
  })
  return reading
}

function project([lon, lat]: Position): L.Point {
  return L.CRS.EPSG3857.latLngToPoint(L.latLng(lat!, lon!), BASE_ZOOM)
}

export function onMap(lon: number, lat: number, origin: L.Point): { x: number; y: number } {
  const point = project([lon, lat])
  return { x: point.x - origin.x, y: point.y - origin.y }
}

function build(topology: Topology): Geography {
  const towns = topology.objects.towns as GeometryCollection<Properties>
  const districts = topology.objects.districts as GeometryCollection<Properties>
  const shapes = (collection: GeometryCollection<Properties>) => feature(topology, collection).features as Feature<Polygon | MultiPolygon, Properties>[]
  const origin = cornerOf(shapes(districts))
  const area = (district: boolean) => (shape: Feature<Polygon | MultiPolygon, Properties>): Area => areaOf(shape, district, origin)
  const townAreas = shapes(towns).map(area(false))
  const districtAreas = shapes(districts).map(area(true))
  const places = [...districtAreas, ...townAreas]
  const lines = (collection: GeometryCollection<Properties>, keep: (a: GeometryObject, b: GeometryObject) => boolean) =>
    pathOf(mesh(topology, collection, keep).coordinates.map((line) => ringOf(line, origin)), false)
  return {
    places, towns: townAreas, districts: districtAreas, byId: new Map(places.map((place) => [place.id, place])),
    townLines: lines(towns, (a, b) => a !== b), districtLines: lines(districts, (a, b) => a !== b), outline: lines(districts, (a, b) => a === b),
    origin, box: join(districtAreas.map((place) => place.box)),
  }
}

function cornerOf(shapes: Feature<Polygon | MultiPolygon>[]): L.Point {
  let corner: L.Point | null = null
  for (const shape of shapes) {
    for (const ring of polygonsOf(shape).flat()) {
      for (const position of ring) {
        const point = project(position)
        corner = corner ? L.point(Math.min(corner.x, point.x), Math.min(corner.y, point.y)) : point
      }
    }
  }
  return corner ?? L.point(0, 0)
}

function polygonsOf(shape: Feature<Polygon | MultiPolygon>): Position[][][] {
  return shape.geometry.type === 'Polygon' ? [shape.geometry.coordinates] : shape.geometry.coordinates
}

function ringOf(line: Position[], origin: L.Point): Ring {
  const ring = new Float64Array(line.length * 2)
  line.forEach((position, i) => {
    const point = project(position)
    ring[2 * i] = point.x - origin.x
    ring[2 * i + 1] = point.y - origin.y
  })
  return ring
}

function pathOf(rings: Ring[], close: boolean): Path2D {
  const path = new Path2D()
  for (const ring of rings) {
    for (let i = 0; i < ring.length; i += 2) path[i ? 'lineTo' : 'moveTo'](ring[i]!, ring[i + 1]!)
    if (close) path.closePath()
  }
  return path
}

function areaOf(shape: Feature<Polygon | MultiPolygon, Properties>, district: boolean, origin: L.Point): Area {
  const polygons = polygonsOf(shape).map((polygon) => polygon.map((line) => ringOf(line, origin)))
  const rings = polygons.flat()
  const box = boxOf(rings)
  let label: Area['label'] | undefined
  const { name, name_en, parent, synthetic, duty } = shape.properties
  return {
    id: String(shape.id), words: { zh: name, en: name_en || name }, short: { zh: shortZh(name), en: name_en || name }, parent: parent ?? '', duty: duty ?? '',
    district, synthetic: synthetic ?? false, path: pathOf(rings, true), rings, box, size: sizeOf(box),
    // Worked out when first drawn: a thousand towns have no name on the first picture.
    get label() {
      return (label ??= heart(polygons.reduce((a, b) => (sizeOf(boxOf(b)) > sizeOf(boxOf(a)) ? b : a)), district ? 18 : 8))
    },
  }
}

const sizeOf = (box: Box): number => (box.x1 - box.x0) * (box.y1 - box.y0)

/** Does an area lie under this unit's place? A special zone holds towns by duty. */
export function isUnder(area: Area, place: string, root: string): boolean {
  return place === root || area.id === place || area.parent === place || area.duty === place
}

/** The town (or, where there is none, the district) at a point of the map. */
export function areaAt(geo: Geography, x: number, y: number): Area | undefined {
  const at = (areas: Area[]) => areas.find(({ box, rings }) => x >= box.x0 && x <= box.x1 && y >= box.y0 && y <= box.y1 && inside(rings, x, y))
  return at(geo.towns) ?? at(geo.districts)
}
