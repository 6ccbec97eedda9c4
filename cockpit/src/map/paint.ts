/** The wall map on one canvas: towns by level, bold district borders, points, labels that never lie on each other. */
import L from 'leaflet'
import type { Thing, Words } from '../api/types'
import { overlaps, type Box } from '../lib/shapes'
import { BASE_ZOOM, isUnder, onMap, type Area, type Geography } from './geography'

export interface State { level: string; unknown: boolean }
export interface LevelPaint { rank: number; drawn: string; ink: string; digit: string }
export interface Picture {
  geo: Geography
  states: ReadonlyMap<string, State>
  things: Thing[]
  levels: ReadonlyMap<string, LevelPaint>
  place: string
  root: string
  say: (words: Words) => string
  hover: Area | null
  focus: string | null
}
interface Colours { calm: string; out: string; town: string; district: string; under: string; label: string; halo: string; unknownA: string; unknownB: string; text: string }

const PAD = 0.12
const POINTS_FROM_ZOOM = 9.6
const TOWN_NAMES_FROM_ZOOM = 9.4

export class AreaLayer extends L.Layer {
  private readonly canvas = L.DomUtil.create('canvas', 'areas leaflet-zoom-animated')
  private readonly pen = this.canvas.getContext('2d')!
  private picture: Picture | null = null
  private waiting = 0
  private colours: Colours | null = null
  private hatch = new Map<string, CanvasPattern>()
  private drawnZoom = 0
  private drawnTopLeft = L.point(0, 0)
  private hits: { thing: Thing; x: number; y: number; r: number }[] = []
  private taken: Box[] = []
  /** Milliseconds the last picture took. */
  took = 0

  override onAdd(map: L.Map): this {
    map.getPanes().overlayPane.appendChild(this.canvas)
    this.redraw()
    return this
  }

  override onRemove(): this {
    cancelAnimationFrame(this.waiting)
    this.canvas.remove()
    return this
  }

  override getEvents(): Record<string, L.LeafletEventHandlerFn> {
    return { moveend: () => this.redraw(), resize: () => this.redraw(), viewreset: () => this.redraw(), zoomanim: ((event: L.ZoomAnimEvent) => this.follow(event)) as L.LeafletEventHandlerFn }
  }

  show(picture: Picture): void {
    this.picture = picture
    this.redraw()
  }

  /** The theme changed: read the colours again. */
  repaint(): void {
    this.colours = null
    this.hatch.clear()
    this.redraw()
  }

  redraw(): void {
    cancelAnimationFrame(this.waiting)
    this.waiting = requestAnimationFrame(() => this.draw())
  }

  /** The thing under a point of the container, the worst first. */
  thingAt(at: L.Point): Thing | undefined {
    for (let i = this.hits.length - 1; i >= 0; i--) {
      const hit = this.hits[i]!
      if ((hit.x - at.x) ** 2 + (hit.y - at.y) ** 2 <= (hit.r + 4) ** 2) return hit.thing
    }
    return undefined
  }

  private follow(event: L.ZoomAnimEvent): void {
    const map = this._map
    const scale = map.getZoomScale(event.zoom, this.drawnZoom)
    const inner = map as unknown as { _latLngToNewLayerPoint(at: L.LatLng, zoom: number, centre: L.LatLng): L.Point }
    L.DomUtil.setTransform(this.canvas, inner._latLngToNewLayerPoint(map.unproject(this.drawnTopLeft, this.drawnZoom), event.zoom, event.center), scale)
  }

  private draw(): void {
    const map = this._map as L.Map | null
    if (!map || !this.picture) return
    const began = performance.now()
    const size = map.getSize()
    const pad = size.multiplyBy(PAD).round()
    const dpr = Math.min(window.devicePixelRatio || 1, 2)
    const [width, height] = [size.x + 2 * pad.x, size.y + 2 * pad.y]
    if (this.canvas.width !== width * dpr || this.canvas.height !== height * dpr) {
      this.canvas.width = width * dpr
      this.canvas.height = height * dpr
      this.canvas.style.width = `${width}px`
      this.canvas.style.height = `${height}px`
      this.hatch.clear()
    }
    this.drawnZoom = map.getZoom()
    const topLeft = map.getPixelBounds().min!.subtract(pad)
    this.drawnTopLeft = topLeft
    L.DomUtil.setPosition(this.canvas, map.containerPointToLayerPoint([-pad.x, -pad.y]))
    const scale = 2 ** (this.drawnZoom - BASE_ZOOM)
    const origin = this.picture.geo.origin
    const view: View = { scale, dx: origin.x * scale - topLeft.x, dy: origin.y * scale - topLeft.y, dpr, width, height, pad, zoom: this.drawnZoom }
    this.pen.setTransform(1, 0, 0, 1, 0, 0)
    this.pen.clearRect(0, 0, this.canvas.width, this.canvas.height)
    this.areas(view)
    this.lines(view)
    this.points(view)
    this.labels(view)
    this.took = performance.now() - began
  }

  private areas(view: View): void {
    const { geo, states, levels, place, root } = this.picture!
    const colours = this.theme()
    inMap(this.pen, view)
    const grouped = new Map<string, Area[]>()
    for (const town of geo.towns) {
      if (!visible(town.box, view)) continue
      const state = states.get(town.id)
      const key = !isUnder(town, place, root) ? 'out' : !state ? 'none' : state.unknown ? `?${state.level}` : state.level
      const group = grouped.get(key)
      if (group) group.push(town)
      else grouped.set(key, [town])
    }
    for (const [key, areas] of grouped) {
      const level = levels.get(key.replace(/^\?/, ''))
      const fill = key === 'out' ? colours.out : key.startsWith('?') ? this.hatching(level && level.rank > 0 ? level.drawn : null, view) : key === 'none' ? this.hatching(null, view) : level?.drawn ?? colours.calm
      this.pen.fillStyle = fill
      for (const area of areas) this.pen.fill(area.path)
    }
    this.pen.lineWidth = 0.8 / view.scale
    this.pen.strokeStyle = colours.town
    this.pen.stroke(geo.townLines)
  }

  private lines(view: View): void {
    const { geo, place, root, hover, focus } = this.picture!
    const colours = this.theme()
    this.pen.lineJoin = 'round'
    const twice = (path: Path2D, under: number, over: number): void => {
      this.pen.strokeStyle = colours.under
      this.pen.lineWidth = under / view.scale
      this.pen.stroke(path)
      this.pen.strokeStyle = colours.district
      this.pen.lineWidth = over / view.scale
      this.pen.stroke(path)
    }
    twice(geo.districtLines, 3.8, 1.7)
    twice(geo.outline, 4.5, 2.2)
    const outlined = (area: Area | undefined | null, wide: number): void => {
      if (!area) return
      this.pen.strokeStyle = colours.under
      this.pen.lineWidth = (wide + 3) / view.scale
      this.pen.stroke(area.path)
      this.pen.strokeStyle = colours.label
      this.pen.lineWidth = wide / view.scale
      this.pen.stroke(area.path)
    }
    if (place !== root) outlined(geo.byId.get(place), 2.2)
    outlined(hover, 1.8)
    if (focus) outlined(geo.byId.get(focus), 3)
  }

  private points(view: View): void {
    const { things, levels, geo, focus } = this.picture!
    const colours = this.theme()
    this.pen.setTransform(view.dpr, 0, 0, view.dpr, 0, 0)
    this.hits = []
    this.taken = []
    const rankOf = (thing: Thing): number => levels.get(thing.level)?.rank ?? 0
    const near = view.zoom >= POINTS_FROM_ZOOM
    const shown = things.filter((thing) => near || rankOf(thing) > 0 || thing.code === focus).sort((a, b) => rankOf(a) - rankOf(b))
    for (const thing of shown) {
      const at = onMap(thing.lon, thing.lat, geo.origin)
      const [x, y] = [at.x * view.scale + view.dx, at.y * view.scale + view.dy]
      if (x < -20 || y < -20 || x > view.width + 20 || y > view.height + 20) continue
      const level = levels.get(thing.level)
      const r = near ? (rankOf(thing) > 0 ? 8 : 5) : 3.4 + rankOf(thing) * 0.6
      this.pen.beginPath()
      symbol(this.pen, thing.kind, x, y, r)
      this.pen.fillStyle = thing.unknown ? colours.unknownA : level?.drawn ?? colours.calm
      this.pen.fill()
      this.pen.lineWidth = thing.code === focus ? 3 : 1.6
      this.pen.strokeStyle = thing.code === focus ? colours.label : rankOf(thing) > 0 ? colours.halo : colours.district
      this.pen.stroke()
      if (near && (rankOf(thing) > 0 || thing.unknown)) {
        this.pen.fillStyle = thing.unknown ? '#fff' : level?.ink ?? '#fff'
        this.pen.font = '700 10px system-ui, sans-serif'
        this.pen.textAlign = 'center'
        this.pen.textBaseline = 'middle'
        this.pen.fillText(thing.unknown ? '?' : level?.digit ?? '', x, y + 0.5)
      }
      this.taken.push({ x0: x - r, y0: y - r, x1: x + r, y1: y + r })
      this.hits.push({ thing, x: x - view.pad.x, y: y - view.pad.y, r })
    }
  }

  private labels(view: View): void {
    const { geo, place, root, states, levels } = this.picture!
    this.pen.setTransform(view.dpr, 0, 0, view.dpr, 0, 0)
    // At the city's zoom points are many and small: names may cover them. Near by they must not.
    const taken = view.zoom >= POINTS_FROM_ZOOM ? this.taken : []
    const rankOf = (area: Area): number => levels.get(states.get(area.id)?.level ?? '')?.rank ?? 0
    const order = (areas: Area[]): Area[] => [...areas].sort((a, b) => rankOf(b) - rankOf(a) || b.size - a.size)
    if (place !== root || view.zoom < 10.5) for (const area of order(geo.districts)) this.label(area, view, taken, view.zoom < 7.2 ? 11 : 13, place === root || area.id === place)
    if (view.zoom >= TOWN_NAMES_FROM_ZOOM) {
      for (const area of order(geo.towns.filter((town) => isUnder(town, place, root)))) this.label(area, view, taken, 11, true)
    }
  }

  private label(area: Area, view: View, taken: Box[], size: number, strong: boolean): void {
    const { say, states, levels, place } = this.picture!
    if (area.district && area.id === place && view.zoom >= TOWN_NAMES_FROM_ZOOM) return
    const colours = this.theme()
    const x = area.label.x * view.scale + view.dx
    const y = area.label.y * view.scale + view.dy
    if (x < 0 || y < 0 || x > view.width || y > view.height) return
    const state = strong ? states.get(area.id) : undefined
    const level = state && levels.get(state.level)
    const badge = level && level.rank > 0 ? size + 2 : 0
    const text = say(area.short)
    this.pen.font = `${area.district ? 600 : 500} ${size}px "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", system-ui, sans-serif`
    const wide = this.pen.measureText(text).width
    const whole = wide + (badge ? badge + 4 : 0)
    const spot = [0, -size * 0.9, size * 0.9].map((lift) => ({ x0: x - whole / 2 - 3, x1: x + whole / 2 + 3, y0: y + lift - size * 0.72, y1: y + lift + size * 0.72 })).find((box) => !taken.some((other) => overlaps(box, other)))
    if (!spot) return
    if (!area.district && area.label.room * view.scale * 2.6 < whole) return
    taken.push(spot)
    const middle = (spot.y0 + spot.y1) / 2
    let left = spot.x0 + 3
    if (badge && level) {
      this.pen.beginPath()
      this.pen.roundRect(left, middle - badge / 2, badge, badge, 3)
      this.pen.fillStyle = level.drawn
      this.pen.fill()
      this.pen.lineWidth = 1.5
      this.pen.strokeStyle = colours.halo
      this.pen.stroke()
      this.pen.fillStyle = level.ink
      this.pen.textAlign = 'center'
      this.pen.textBaseline = 'middle'
      const font = this.pen.font
      this.pen.font = `700 ${size - 2}px system-ui, sans-serif`
      this.pen.fillText(level.digit, left + badge / 2, middle + 0.5)
      this.pen.font = font
      left += badge + 4
    }
    this.pen.textAlign = 'left'
    this.pen.textBaseline = 'middle'
    this.pen.lineWidth = 3
    this.pen.lineJoin = 'round'
    this.pen.strokeStyle = colours.halo
    this.pen.globalAlpha = strong ? 1 : 0.6
    this.pen.strokeText(text, left, middle)
    this.pen.fillStyle = colours.label
    this.pen.fillText(text, left, middle)
    this.pen.globalAlpha = 1
  }

  private theme(): Colours {
    if (this.colours) return this.colours
    const style = getComputedStyle(document.documentElement)
    const read = (name: string): string => style.getPropertyValue(name).trim()
    this.colours = {
      calm: read('--map-calm'), out: read('--map-out'), town: read('--map-town'), district: read('--map-district'), under: read('--map-district-under'),
      label: read('--map-label'), halo: read('--map-halo'), unknownA: read('--unknown-a'), unknownB: read('--unknown-b'), text: read('--text'),
    }
    return this.colours
  }

  /** Grey stripes; with a level still active, its colour between them. */
  private hatching(active: string | null, view: View): CanvasPattern {
    const key = `${active ?? ''}@${view.dpr}`
    let pattern = this.hatch.get(key)
    if (!pattern) {
      const colours = this.theme()
      const tile = document.createElement('canvas')
      const size = 8 * view.dpr
      tile.width = tile.height = size
      const pen = tile.getContext('2d')!
      pen.fillStyle = active ?? colours.unknownB
      pen.fillRect(0, 0, size, size)
      pen.strokeStyle = colours.unknownA
      pen.lineWidth = size * 0.34
      for (const shift of [-size, 0, size]) {
        pen.beginPath()
        pen.moveTo(shift - 2, size + 2)
        pen.lineTo(shift + size + 2, -2)
        pen.stroke()
      }
      pattern = this.pen.createPattern(tile, 'repeat')!
      this.hatch.set(key, pattern)
    }
    pattern.setTransform(new DOMMatrix().scale(1 / (view.scale * view.dpr)))
    return pattern
  }
}

interface View { scale: number; dx: number; dy: number; dpr: number; width: number; height: number; pad: L.Point; zoom: number }

function inMap(pen: CanvasRenderingContext2D, view: View): void {
  pen.setTransform(view.scale * view.dpr, 0, 0, view.scale * view.dpr, view.dx * view.dpr, view.dy * view.dpr)
}

function visible(box: Box, view: View): boolean {
  return box.x1 * view.scale + view.dx >= 0 && box.x0 * view.scale + view.dx <= view.width && box.y1 * view.scale + view.dy >= 0 && box.y0 * view.scale + view.dy <= view.height
}

/** Kinds differ by shape, never by colour alone: slopes are triangles, low points circles, everything else squares. */
function symbol(pen: CanvasRenderingContext2D, kind: string, x: number, y: number, r: number): void {
  if (/slope|slide/.test(kind)) {
    const s = r * 1.3
    pen.moveTo(x, y - s)
    pen.lineTo(x + s, y + s * 0.8)
    pen.lineTo(x - s, y + s * 0.8)
    pen.closePath()
  } else if (/low|pond|underpass/.test(kind)) pen.arc(x, y, r, 0, Math.PI * 2)
  else pen.rect(x - r, y - r, 2 * r, 2 * r)
}
