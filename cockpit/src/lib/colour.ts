/** Colours of levels as they are drawn, and how far apart they stay for eyes that see fewer. */

export type Rgb = [number, number, number]
export type Deficiency = 'protan' | 'deutan' | 'tritan'

export function rgb(hex: string): Rgb {
  const full = hex.length === 4 ? hex.replace(/^#(.)(.)(.)$/, '#$1$1$2$2$3$3') : hex
  const value = Number.parseInt(full.slice(1, 7), 16)
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255]
}

export function hex(colour: Rgb): string {
  return `#${colour.map((part) => Math.round(Math.min(255, Math.max(0, part))).toString(16).padStart(2, '0')).join('')}`
}

/** `share` of `over` on `under`. */
export function mix(over: string, under: string, share: number): string {
  const [a, b] = [rgb(over), rgb(under)]
  return hex([0, 1, 2].map((i) => a[i]! * share + b[i]! * (1 - share)) as Rgb)
}

const linear = (part: number): number => (part <= 10.31475 ? part / 3294.6 : ((part / 255 + 0.055) / 1.055) ** 2.4)
const encoded = (part: number): number => 255 * (part <= 0.0031308 ? 12.92 * part : 1.055 * part ** (1 / 2.4) - 0.055)

/** WCAG relative luminance, 0-1. */
export function luminance(colour: string): number {
  const [r, g, b] = rgb(colour).map(linear) as Rgb
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

/** WCAG contrast ratio, 1-21. */
export function contrast(a: string, b: string): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number]
  return (high + 0.05) / (low + 0.05)
}

/** Black or white, whichever reads better on this colour. */
export function ink(on: string): string {
  return contrast(on, '#0b0f14') >= contrast(on, '#ffffff') ? '#0b0f14' : '#ffffff'
}

/** In the dark a calm place must not shine: the colour of the lowest level is laid thinly over a deep ground, just dark enough to stay apart from red for a protan eye. */
export function drawn(colour: string, calm: boolean, dark: boolean, ground: string): string {
  return calm ? mix(colour, ground, dark ? 0.1 : 0.85) : colour
}

// Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB.
const SEEN: Record<Deficiency, number[]> = {
  protan: [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
  deutan: [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
  tritan: [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
}

/** The colour as somebody with this colour vision sees it. */
export function seenBy(colour: string, eyes: Deficiency): string {
  const [r, g, b] = rgb(colour).map(linear) as Rgb
  const m = SEEN[eyes]
  const rows = [0, 3, 6].map((i) => m[i]! * r + m[i + 1]! * g + m[i + 2]! * b)
  return hex(rows.map((part) => encoded(Math.min(1, Math.max(0, part)))) as Rgb)
}

function lab(colour: string): Rgb {
  const [r, g, b] = rgb(colour).map(linear) as Rgb
  const xyz = [
    (0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047,
    0.2126729 * r + 0.7151522 * g + 0.072175 * b,
    (0.0193339 * r + 0.119192 * g + 0.9503041 * b) / 1.08883,
  ].map((t) => (t > 216 / 24389 ? Math.cbrt(t) : (t * 24389) / 27 / 116 + 16 / 116)) as Rgb
  return [116 * xyz[1] - 16, 500 * (xyz[0] - xyz[1]), 200 * (xyz[1] - xyz[2])]
}

const degrees = (radians: number): number => (((radians * 180) / Math.PI) % 360 + 360) % 360
const cosd = (angle: number): number => Math.cos((angle * Math.PI) / 180)
const sind = (angle: number): number => Math.sin((angle * Math.PI) / 180)

/** CIEDE2000 (Sharma, Wu and Dalal 2005): about 1 is just noticeable. */
export function difference(one: string, two: string): number {
  const [l1, a1, b1] = lab(one)
  const [l2, a2, b2] = lab(two)
  const mean = (Math.hypot(a1, b1) + Math.hypot(a2, b2)) / 2
  const g = 0.5 * (1 - Math.sqrt(mean ** 7 / (mean ** 7 + 25 ** 7)))
  const [p1, p2] = [a1 * (1 + g), a2 * (1 + g)]
  const [c1, c2] = [Math.hypot(p1, b1), Math.hypot(p2, b2)]
  const [h1, h2] = [c1 ? degrees(Math.atan2(b1, p1)) : 0, c2 ? degrees(Math.atan2(b2, p2)) : 0]
  const turn = c1 * c2 === 0 ? 0 : ((h2 - h1 + 540) % 360) - 180
  const dh = 2 * Math.sqrt(c1 * c2) * sind(turn / 2)
  const c = (c1 + c2) / 2
  const h = c1 * c2 === 0 ? h1 + h2 : (h1 + turn / 2 + 360) % 360
  const l = (l1 + l2) / 2
  const t = 1 - 0.17 * cosd(h - 30) + 0.24 * cosd(2 * h) + 0.32 * cosd(3 * h + 6) - 0.2 * cosd(4 * h - 63)
  const sl = 1 + (0.015 * (l - 50) ** 2) / Math.sqrt(20 + (l - 50) ** 2)
  const sc = 1 + 0.045 * c
  const sh = 1 + 0.015 * c * t
  const rt = -2 * Math.sqrt(c ** 7 / (c ** 7 + 25 ** 7)) * sind(60 * Math.exp(-(((h - 275) / 25) ** 2)))
  const [x, y, z] = [(l2 - l1) / sl, (c2 - c1) / sc, dh / sh]
  return Math.sqrt(x * x + y * y + z * z + rt * y * z)
}
