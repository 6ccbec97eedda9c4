// A stand-in for the server while looking at screens: invented storm, invented people, the wire of docs/api.md. Not a test.
import { createServer } from 'node:http'
import { existsSync, readFileSync } from 'node:fs'

const pack = new URL('../../packs/chongqing/geo/chongqing.topo.json', import.meta.url)
const topo = JSON.parse(readFileSync(process.env.TOPO ?? (existsSync(pack) ? pack : ''), 'utf8'))
const port = Number(process.env.PORT ?? 8000)
const STEP = 300_000, FROM = 1526169600000, UNTIL = FROM + 36 * 3600_000, MIN = 60_000
let seed = 7
const rnd = () => ((seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648)
const w = (zh, en) => ({ zh, en: en ?? zh })
const LEVELS = [['normal', '正常', 'Normal', '#A3E2D5'], ['blue', '蓝色', 'Blue', '#3C7DDE'], ['yellow', '黄色', 'Yellow', '#FFF88F'], ['orange', '橙色', 'Orange', '#E08723'], ['red', '红色', 'Red', '#C0173C']]
const rank = Object.fromEntries(LEVELS.map(([id], i) => [id, i]))
const levels = LEVELS.map(([id, zh, en, colour], i) => ({ id, words: w(zh, en), colour, digit: String(i) }))

const { scale, translate } = topo.transform
const arcPoint = (i) => { const a = topo.arcs[i < 0 ? ~i : i][0]; return [a[0] * scale[0] + translate[0], a[1] * scale[1] + translate[1]] }
const firstArc = (arcs) => (typeof arcs === 'number' ? arcs : firstArc(arcs[0]))
const flat = (arcs) => arcs.flat(9)
const mid = (g) => { const ps = flat(g.arcs).map(arcPoint); return [ps.reduce((s, p) => s + p[0], 0) / ps.length, ps.reduce((s, p) => s + p[1], 0) / ps.length] }
const read = (o) => topo.objects[o].geometries.map((g) => ({ id: g.id, ...g.properties, at: mid(g), level: 'normal', unknown: false, rain: 0, sum: 0 }))
const districts = read('districts'), towns = read('towns')
const byId = new Map([...districts, ...towns].map((p) => [p.id, p]))
const nameOf = (id) => { const p = byId.get(id); return p ? w(p.name, p.name_en) : things.find((t) => t.code === id)?.name ?? w(id) }
const roles = { drainage: w('排水', 'drainage'), police: w('交警', 'traffic police'), supervision: w('监督', 'supervision') }
const unit = (id) => { const [p, r] = id.split('.'); const n = id === '500000' ? w('重庆市', 'Chongqing') : nameOf(p); return { id, words: r ? w(n.zh + roles[r].zh, `${n.en} ${roles[r].en}`) : n, level: id === '500000' ? 'city' : r || p.length === 6 ? 'district' : 'town', parent: r ? p : byId.get(p)?.parent ?? '', place: p, role: r } }
const things = towns.filter((_, i) => i % 9 === 0).map((t, i) => ({ code: `${i % 2 ? 'SL' : 'LP'}-${t.id}-1`, kind: i % 2 ? 'slope' : 'low-point', name: i % 2 ? w(`${t.name}边坡`, `${t.name_en} slope`) : w(`${t.name}下穿道`, `${t.name_en} underpass`), lon: t.at[0], lat: t.at[1], level: 'normal', unknown: false, value: 0, place: t.id }))

let now = FROM, seq = 1, readings = 0, speed = 288, paused = false, me = null, district_level = {}
const facts = new Map(), events = [], changes = [], cases = [], reviews = [], warnings = new Map(), loop = { sense: 0, warn: 0, plan: 0, dispatch: 0, supervise: 0, evaluate: 0, review: 0 }, proposals = []
let scores = null
const STAGE = { 'level-changed': 'sense', 'series-silent': 'sense', 'series-returned': 'sense', 'warning-raised': 'warn', 'warning-stepped': 'warn', 'warning-cleared': 'warn', 'plan-started': 'plan', 'plan-proposed': 'plan', 'response-declared': 'plan', 'case-opened': 'dispatch', 'case-reopened': 'dispatch', 'task-sent': 'dispatch', 'task-signed': 'dispatch', 'task-arrived': 'dispatch', 'task-claimed': 'dispatch', 'check-asked': 'supervise', 'task-verified': 'supervise', 'task-overdue': 'supervise', 'task-escalated': 'supervise', 'case-flagged': 'supervise', 'case-closed': 'supervise', 'score-published': 'evaluate', 'review-written': 'review', commanded: 'dispatch' }
let turn = null
function fact(kind, level, text, place, { c = null, warning = null, because = [], detail = [], actor = STAGE[kind] } = {}) {
  const id = `cq-${++seq}`
  const f = { id, at: now, kind, level, text, place, case: c?.id ?? null, warning, stage: STAGE[kind], actor, because, detail }
  facts.set(id, f); loop[f.stage]++
  events.unshift(f); if (events.length > 400) events.pop()
  if (c) { c.facts.push(f); turn?.cases.add(c.id) }
  turn?.events.push(f)
  return f
}
const ev = ({ id, at, kind, level, text, place, case: c, warning }) => ({ id, at, kind, level, text, place, case: c, warning })
const link = ({ id, stage, kind, at, actor, level, text, detail, because }) => ({ id, stage, kind, at, actor, level, text, detail, because })
const lw = (l) => LEVELS.find((x) => x[0] === l)
function setLevel(p, level, code) {
  if (p.level === level) return null
  const before = p.level; p.level = level
  const ch = changes.at(-1)?.at === now ? changes.at(-1) : (changes.push({ at: now, places: {}, unknown: {} }), changes.at(-1))
  ch.places[code] = level; turn?.places.add(code)
  return before
}
function setUnknown(p, unknown, code) {
  p.unknown = unknown
  const ch = changes.at(-1)?.at === now ? changes.at(-1) : (changes.push({ at: now, places: {}, unknown: {} }), changes.at(-1))
  ch.unknown[code] = unknown; turn?.places.add(code)
  fact(unknown ? 'series-silent' : 'series-returned', p.level, unknown ? w(`${p.name}雨量站 30 分钟没有数据`, `The rain gauge of ${p.name_en} has been silent for 30 min`) : w(`${p.name}雨量站恢复`, `The rain gauge of ${p.name_en} reports again`), code)
}
function openCase(t, because) {
  const town = byId.get(t.place), d = town.parent, ponding = t.kind === 'low-point'
  const c = { id: `C-2018-${String(cases.length + 1).padStart(4, '0')}`, type: ponding ? 'ponding' : 'slope', title: ponding ? w(`${t.name.zh}积水`, `Ponding at ${t.name.en}`) : w(`${t.name.zh}变形`, `Movement of ${t.name.en}`), thing: t, d, level: t.level, peak: t.level, state: 'open', opened: now, closed: null, reopened: 0, flags: [], tasks: [], facts: [], because, review: null }
  cases.push(c)
  const raised = because.at(-1)
  c.facts.push(...because)
  const run = fact('plan-started', t.level, w(`预案「道路积水」启动:${t.name.zh} 达到${lw(t.level)[1]}`, `Plan "road ponding" started: ${t.name.en} reached ${t.level}`), t.code, { c, because: [raised.id], detail: [{ label: w('匹配', 'Matched'), value: `warning ponding >= yellow` }] })
  const op = fact('case-opened', t.level, w(`立案:${c.title.zh}`, `Case opened: ${c.title.en}`), t.code, { c, because: [run.id] })
  for (const [sid, zh, en, u] of [['close-road', '封闭道路', 'Close the road', `${d}.police`], ['pump', '抽排积水', 'Pump the water out', `${d}.drainage`], ['warn-people', '现场值守劝离', 'Post guards and turn people back', t.place]]) {
    const task = { id: `${c.id}/${sid}`, c, step: { id: sid, words: w(zh, en) }, unit: u, state: 'sent', clocks: [{ name: 'sign', started: now, due: now + 10 * MIN, met_at: null, late: false }, { name: 'arrive', started: now, due: now + 30 * MIN, met_at: null, late: false }, { name: 'done', started: now, due: now + 90 * MIN, met_at: null, late: false }], proof: null, flags: [], escalated_to: null, verified_by: null, pace: rnd() < 0.16 ? 3 : 0.5 + rnd() * 0.6, needs: sid === 'pump' ? ['text', 'count'] : ['text', 'position'] }
    task.sent = fact('task-sent', t.level, w(`任务「${zh}」派给${unit(u).words.zh}`, `Task "${en}" sent to ${unit(u).words.en}`), t.code, { c, because: [op.id], detail: [{ label: w('签收时限', 'Sign within'), value: '10 min' }] })
    task.last = task.sent; c.tasks.push(task)
  }
}
const clock = (task) => task.clocks.find((k) => k.met_at === null)
function act(task, does, actor, proof) {
  const c = task.c, u = unit(task.unit), k = clock(task), who = actor ?? `duty@${task.unit}`
  const meet = () => { k.met_at = now; k.late = now > k.due }
  const say = (kind, zh, en, a = who) => (task.last = fact(kind, c.level, w(`${zh}:${task.step.words.zh}(${c.thing.name.zh})`, `${en}: ${task.step.words.en} (${c.thing.name.en})`), c.thing.code, { c, because: [task.last.id], actor: a, detail: proof?.text ? [{ label: w('证明', 'Proof'), value: proof.text }] : [] }))
  if (does === 'sign' && task.state === 'sent') { meet(); task.state = 'signed'; say('task-signed', `${u.words.zh}签收`, `${u.words.en} signed`) }
  else if (does === 'arrive' && task.state === 'signed') { meet(); task.state = 'arrived'; say('task-arrived', `${u.words.zh}到场`, `${u.words.en} arrived`) }
  else if (does === 'claim' && task.state === 'arrived') {
    meet(); task.state = 'claimed'; task.proof = proof ?? { text: '积水已抽排,道路恢复', count: 2, lon: c.thing.lon, lat: c.thing.lat }
    say('task-claimed', `${u.words.zh}报完成`, `${u.words.en} reports it done`)
    if (task.pace < 0.6 && !task.flags.length) { const fl = { flag: 'claimed-at-once', detail: '42 s after signing' }; task.flags.push(fl); c.flags.push(fl); fact('case-flagged', null, w(`${u.words.zh}签收后很快报完成,需要留意`, `${u.words.en} claimed soon after signing: worth a look`), c.thing.code, { c, because: [task.last.id] }) }
    task.clocks.push({ name: 'check', started: now, due: now + 60 * MIN, met_at: null, late: false })
    task.last = fact('check-asked', null, w(`请${unit(`${c.d}.supervision`).words.zh}核查`, `${unit(`${c.d}.supervision`).words.en} is asked to check`), c.thing.code, { c, because: [task.last.id] })
  } else if (does === 'verify' && task.state === 'claimed') { meet(); task.state = 'verified'; task.verified_by = unit(`${c.d}.supervision`); say('task-verified', `${unit(`${c.d}.supervision`).words.zh}核查通过`, `${unit(`${c.d}.supervision`).words.en} verified`, `check@${c.d}.supervision`) }
  else if ((does === 'send-back' || does === 'return')) { task.state = does === 'return' ? 'returned' : 'arrived'; if (does !== 'return') { task.clocks.pop(); task.clocks[2].met_at = null } }
  else return false
  turn?.units.add(task.unit); turn?.units.add(`${c.d}.supervision`)
  return true
}
function step() {
  now += STEP
  const h = (now - FROM) / 3600_000
  const cells = [[105.4 + h * 0.11, 29.5 + Math.sin(h / 5) * 0.5, 0.5, 10], [106.4 + h * 0.075, 29.2 + h * 0.035, 0.38, 9]]
  for (const t of towns) {
    const rain = cells.reduce((s, [x, y, r, a]) => s + a * Math.max(0, Math.sin(h / 4 - 0.4)) * Math.exp(-((t.at[0] - x) ** 2 + (t.at[1] - y) ** 2) / (2 * r * r)), 0) * (0.7 + ((Number(t.id) * 7919) % 100) / 160)
    t.rain = t.unknown ? t.rain : Math.round(rain * 10) / 10
    t.sum = t.sum * 0.985 + rain / 6
    readings += t.unknown ? 0 : 1
    const target = t.sum > 66 ? 'red' : t.sum > 52 ? 'orange' : t.sum > 38 ? 'yellow' : t.sum > 22 ? 'blue' : 'normal'
    const go = rank[target] >= rank[t.level] || t.sum < [0, 18, 33, 46, 58][rank[t.level]] ? target : t.level
    const before = t.unknown ? null : setLevel(t, go, t.id)
    if (before) {
      const up = rank[go] > rank[before]
      const f = fact('level-changed', go, w(`${t.name} 降雨量${up ? '升到' : '降到'}${lw(go)[1]}:6 小时 ${t.sum.toFixed(1)} 毫米`, `Rainfall of ${t.name_en} ${up ? 'rose' : 'fell'} to ${go}: ${t.sum.toFixed(1)} mm in 6 h`), t.id, { detail: [{ label: w('规则', 'Rule'), value: 'sum 6h >= 50' }, { label: w('出处', 'Source'), value: 'CMA, rainstorm signals, 2007' }] })
      const kind = before === 'normal' ? 'warning-raised' : go === 'normal' ? 'warning-cleared' : 'warning-stepped'
      const g = fact(kind, go, kind === 'warning-cleared' ? w(`${t.name} 暴雨预警解除`, `Rainstorm warning of ${t.name_en} cleared`) : w(`${t.name} 暴雨${lw(go)[1]}预警`, `Rainstorm warning ${go} for ${t.name_en}`), t.id, { because: [f.id], warning: `W-${t.id}` })
      if (go === 'normal') warnings.delete(t.id); else warnings.set(t.id, go)
      t.lastFact = g
    }
    if (!t.unknown && rnd() < 0.0004) setUnknown(t, true, t.id)
    else if (t.unknown && rnd() < 0.05) setUnknown(t, false, t.id)
  }
  for (const t of things) {
    const town = byId.get(t.place), drive = town.sum * (t.kind === 'slope' ? 0.3 : 0.55)
    t.value = Math.round(Math.max(0, t.value * 0.9 + drive * 0.1) * 10) / 10
    const level = t.value > 40 ? 'red' : t.value > 30 ? 'orange' : t.value > 20 ? 'yellow' : t.value > 12 ? 'blue' : 'normal'
    const before = setLevel(t, level, t.code)
    if (!before) continue
    const f = fact('level-changed', level, w(`${t.name.zh} 水深 ${t.value} 厘米,${lw(level)[1]}`, `${t.name.en}: ${t.value} cm deep, ${level}`), t.code, { because: town.lastFact ? [town.lastFact.id] : [], detail: [{ label: w('规则', 'Rule'), value: 'value >= 20' }] })
    if (before === 'normal' || level === 'normal' || rank[level] > rank[before]) {
      const kind = before === 'normal' ? 'warning-raised' : level === 'normal' ? 'warning-cleared' : 'warning-stepped'
      const g = fact(kind, level, kind === 'warning-cleared' ? w(`${t.name.zh} 预警解除`, `Warning at ${t.name.en} cleared`) : w(`${t.name.zh} ${lw(level)[1]}预警`, `Warning ${level} at ${t.name.en}`), t.code, { because: [f.id], warning: `W-${t.code}` })
      if (level === 'normal') warnings.delete(t.code); else warnings.set(t.code, level)
      const c = cases.find((x) => x.thing === t)
      if (rank[level] >= 2 && !c) openCase(t, [town.lastFact, f, g].filter(Boolean))
      else if (c && rank[level] >= 2 && c.state === 'closed') { c.state = 'open'; c.closed = null; c.reopened++; c.tasks.forEach((k) => { k.state = 'sent'; k.clocks = k.clocks.slice(0, 3).map((q, i) => ({ ...q, started: now, due: now + [10, 30, 90][i] * MIN, met_at: null, late: false })) }); fact('case-reopened', level, w(`重开:${c.title.zh}`, `Reopened: ${c.title.en}`), t.code, { c, because: [g.id] }) }
      if (c) { c.level = level; if (rank[level] > rank[c.peak]) c.peak = level }
    }
  }
  for (const d of districts) {
    const all = [...towns.filter((t) => t.parent === d.id).map((t) => t.level), ...things.filter((t) => byId.get(t.place).parent === d.id).map((t) => t.level)]
    const worst = all.reduce((a, b) => (rank[b] > rank[a] ? b : a), 'normal')
    setLevel(d, worst, d.id)
    if (rank[worst] >= 3 && !proposals.some((p) => p.place === d.id)) {
      const f = fact('plan-proposed', worst, w(`建议${d.name}启动防汛 IV 级响应`, `Flood response IV proposed for ${d.name_en}`), d.id)
      proposals.push({ id: `P-${d.id}`, place: d.id, unit: d.id, at: now, by: now + 10 * MIN, state: 'proposed', f, level: worst, wait: 1 + rnd() * 4 })
    }
  }
  for (const p of proposals) if (p.state === 'proposed' && me?.unit !== p.unit && now > p.at + p.wait * STEP) declare(p)
  for (const c of cases) {
    if (c.state === 'closed') continue
    for (const t of c.tasks) {
      const k = clock(t); if (!k) continue
      if (now > k.due && !k.overdue) { k.overdue = true; fact('task-overdue', c.level, w(`超时:${unit(t.unit).words.zh}「${t.step.words.zh}」未${{ sign: '签收', arrive: '到场', done: '完成', check: '核查' }[k.name]}`, `Overdue: ${unit(t.unit).words.en}, "${t.step.words.en}" (${k.name})`), c.thing.code, { c, because: [t.last.id] }); t.escalated_to = unit(c.d) }
      const auto = { sent: 'sign', signed: 'arrive', arrived: 'claim', claimed: 'verify' }[t.state]
      const by = t.state === 'claimed' ? `${c.d}.supervision` : t.unit
      if (auto && me?.unit !== by && now - k.started > (k.due - k.started) * t.pace * 0.95) act(t, auto)
    }
    if (c.tasks.every((t) => t.state === 'verified') && c.thing.level === 'normal') {
      c.state = 'closed'; c.closed = now
      const f = fact('case-closed', null, w(`结案:${c.title.zh}`, `Closed: ${c.title.en}`), c.thing.code, { c, because: c.tasks.map((t) => t.last.id) })
      const held = c.tasks.map((t) => ({ task: t.id, step: t.step, unit: unit(t.unit), sign_planned: 10 * MIN, sign_took: t.clocks[0].met_at - t.clocks[0].started, done_planned: 90 * MIN, done_took: t.clocks[2].met_at - t.clocks[2].started, verdict: t.clocks.some((k) => k.late) ? 'late' : 'as-planned' }))
      const late = held.filter((x) => x.verdict === 'late')
      c.review = `R-${c.id}`
      reviews.push({ id: c.review, case: c.id, title: c.title, place: { code: c.thing.code, words: c.thing.name }, opened_at: c.opened, closed_at: now, peak: c.peak, conformance: 1 - late.length / 3, first_warning_to_dispatch: 0, median_sign: 6 * MIN, held, improvements: late.map((x) => ({ words: w('签收晚于预案,复核值守安排', 'Signed later than planned: look at the rota'), unit: x.unit, tasks: [x.task], value: x.sign_took - x.sign_planned })), c })
      fact('review-written', null, w(`复盘完成:${c.title.zh}`, `Review written: ${c.title.en}`), c.thing.code, { c, because: [f.id] })
    }
  }
  if (now % (6 * 3600_000) === 0) publish()
}
function declare(p) { p.state = 'declared'; fact('response-declared', p.level, w(`${nameOf(p.place).zh}宣布防汛 IV 级响应`, `${nameOf(p.place).en} declared flood response IV`), p.place, { because: [p.f.id], actor: `duty@${p.unit}` }) }
function publish() {
  const rows = districts.map((d) => {
    const own = cases.filter((c) => c.d === d.id), ts = own.flatMap((c) => c.tasks)
    const item = (id, zh, en, n, m, weight) => ({ item: { id, words: w(zh, en) }, numerator: n, denominator: m, value: m ? n / m : null, points: m ? Math.round((100 * n) / m) : null, weight })
    const items = [item('signed-on-time', '按时签收率', 'Signed on time', ts.filter((t) => t.clocks[0].met_at && !t.clocks[0].late).length, ts.filter((t) => t.clocks[0].met_at).length, 30), item('done-on-time', '按时完成率', 'Done on time', ts.filter((t) => t.clocks[2].met_at && !t.clocks[2].late).length, ts.filter((t) => t.clocks[2].met_at).length, 30), item('verified-closing', '核实办结率', 'Verified closing rate', own.filter((c) => c.state === 'closed').length, own.length, 30), item('no-flags', '无异常标记率', 'Without flags', own.filter((c) => !c.flags.length).length, own.length, 10)]
    const has = items.filter((i) => i.points !== null), sum = has.reduce((s, i) => s + i.weight, 0)
    return { unit: unit(d.id), score: sum ? Math.round((has.reduce((s, i) => s + i.points * i.weight, 0) / sum) * 10) / 10 : null, items, cases: own.map((c) => c.id) }
  }).sort((a, b) => (b.score ?? -1) - (a.score ?? -1))
  let r = 0
  for (const row of rows) { row.rank = row.score === null ? null : ++r; row.level = row.score === null ? 'normal' : row.score >= 90 ? 'normal' : row.score >= 80 ? 'blue' : row.score >= 70 ? 'yellow' : row.score >= 60 ? 'orange' : 'red' }
  const f = fact('score-published', null, w('发布处置评价', 'Scores of handling published'), '500000')
  scores = { scorecard: { id: 'handling', words: w('处置闭环评价', 'Closing the loop') }, since: FROM, until: now, fact: f.id, rows }
}
const under = (code, u) => u === '500000' || code === u || byId.get(code)?.parent === u || things.find((t) => t.code === code)?.place === u || byId.get(things.find((t) => t.code === code)?.place ?? '')?.parent === u
function counters(u) {
  const count = (list) => list.reduce((o, p) => { const k = p.unknown ? 'unknown' : p.level; o[k] = (o[k] ?? 0) + 1; return o }, {})
  const cs = cases.filter((c) => under(c.thing.code, u)), ts = cs.flatMap((c) => c.tasks)
  const silent = towns.filter((t) => t.unknown).length
  return { counts: { district: count(districts.filter((d) => under(d.id, u))), town: count(towns.filter((d) => under(d.id, u))) }, cases: { open: cs.filter((c) => c.state === 'open').length, closed: cs.filter((c) => c.state === 'closed').length, reopened: cs.filter((c) => c.reopened).length, flagged: cs.filter((c) => c.flags.length).length }, tasks: { unsigned: ts.filter((t) => t.state === 'sent').length, working: ts.filter((t) => ['signed', 'arrived'].includes(t.state)).length, overdue: ts.filter((t) => clock(t) && now > clock(t).due).length, checking: ts.filter((t) => t.state === 'claimed').length, verified: ts.filter((t) => t.state === 'verified').length }, warnings: count([...warnings].filter(([k]) => under(k, u)).map(([, level]) => ({ level }))), duties: silent, loop, responses: proposals.filter((p) => under(p.place, u)).map((p) => ({ place: p.place, words: nameOf(p.place), plan: w('防汛 IV 级响应', 'Flood response IV'), response: 'IV', state: p.state, at: p.at })), data: { newest_at: now, age_ms: 12_000, readings, series: towns.length + things.length, silent } }
}
const state = (p) => ({ level: p.level, unknown: p.unknown, ...(p.id.length === 9 ? { rain_1h: p.rain } : {}) })
function wall(u) {
  const places = {}
  for (const p of [...districts, ...towns]) if (under(p.id, u)) places[p.id] = p.id.length === 6 ? { ...state(p), towns: towns.filter((t) => t.parent === p.id).reduce((o, t) => { const k = t.unknown ? 'unknown' : t.level; o[k] = (o[k] ?? 0) + 1; return o }, {}) } : state(p)
  return { seq, now, places, things: things.filter((t) => under(t.place, u)), events: events.filter((e) => under(e.place, u)).slice(0, 60).map(ev), ...counters(u) }
}
const ACTIONS = { sent: [['sign', '签收', 'Sign', []], ['return', '退回', 'Return', ['text']]], signed: [['arrive', '到场', 'Arrive', ['position']], ['return', '退回', 'Return', ['text']]], arrived: [['claim', '报完成', 'Report done', null]], claimed: [['verify', '核查通过', 'Verify', ['text']], ['send-back', '打回', 'Send back', ['text']]] }
const actions = (t, u) => { const by = t.state === 'claimed' ? `${t.c.d}.supervision` : t.unit; return u !== by ? [] : (ACTIONS[t.state] ?? []).map(([does, zh, en, needs], i) => ({ does, words: w(zh, en), needs: needs ?? t.needs, main: i === 0 })) }
const row = (t, u) => { const k = clock(t); return { kind: t.state === 'claimed' ? 'check' : 'task', id: t.id, case: t.c.id, title: w(`${t.step.words.zh} · ${t.c.title.zh}`, `${t.step.words.en} · ${t.c.title.en}`), place: { code: t.c.thing.code, words: t.c.thing.name }, level: t.c.level, state: t.state, clock: k ? { name: k.name, started: k.started, due: k.due, overdue: now > k.due } : null, escalated: !!t.escalated_to, actions: actions(t, u), holder: t.c.d, flags: t.flags } }
function desk(u) {
  const ts = cases.filter((c) => c.state === 'open').flatMap((c) => c.tasks)
  const mine = ts.filter((t) => actions(t, u).length).map((t) => row(t, u))
  const props = proposals.filter((p) => p.unit === u && p.state === 'proposed').map((p) => ({ kind: 'proposal', id: p.id, case: null, title: w(`是否启动防汛 IV 级响应`, 'Start flood response IV?'), place: { code: p.place, words: nameOf(p.place) }, level: p.level, state: 'proposed', clock: { name: 'answer', started: p.at, due: p.by, overdue: now > p.by }, escalated: false, actions: [{ does: 'declare', words: w('宣布响应', 'Declare'), needs: [], main: true }, { does: 'decline', words: w('不启动', 'Decline'), needs: ['text'] }], holder: u, flags: [] }))
  const queue = [...mine, ...props].sort((a, b) => (a.clock?.due ?? 9e15) - (b.clock?.due ?? 9e15))
  return { seq, now, unit: unit(u), queue, watching: ts.filter((t) => t.c.d === u && clock(t)).map((t) => row(t, u)).slice(0, 60), counts: { queue: queue.length, overdue: queue.filter((q) => q.clock?.overdue).length, done_today: 9 } }
}
function caseOf(c) {
  const t = c.thing, town = byId.get(t.place), d = byId.get(c.d)
  const done = (s) => c.facts.filter((f) => f.stage === s), order = Object.keys(loop)
  const nowAt = c.state === 'closed' ? 7 : c.tasks.some((x) => x.state !== 'claimed' && x.state !== 'verified') ? 3 : 4
  const at = order.map((s) => done(s)[0]?.at ?? null)
  return { id: c.id, type: c.type, title: c.title, place: { code: t.code, words: t.name, path: [{ code: '500000', words: w('重庆市', 'Chongqing') }, { code: d.id, words: nameOf(d.id) }, { code: town.id, words: nameOf(town.id) }] }, level: c.level, state: c.state, opened_at: c.opened, closed_at: c.closed, unit: unit(c.d), warning: `W-${t.code}`, indicator: { id: 'ponding-depth', words: w('积水深度', 'Ponding depth'), unit: 'cm', level: t.level, unknown: false, green: t.level === 'normal' }, stages: order.map((name, i) => ({ name, state: c.state === 'closed' || i < nowAt ? 'done' : i === nowAt ? 'now' : 'waiting', at: at[i], took: i < nowAt && at[i] && at[i + 1] ? at[i + 1] - at[i] : null })), tasks: c.tasks.map((x) => ({ id: x.id, step: x.step, unit: unit(x.unit), state: x.state, clocks: x.clocks, proof: x.proof, verifier: unit(`${c.d}.supervision`), verified_by: x.verified_by, flags: x.flags, escalated_to: x.escalated_to, actions: me ? actions(x, me.unit) : [] })), flags: c.flags, reopened: c.reopened, runs: [{ id: `${c.id}/run`, plan: { id: 'road-ponding', words: w('道路积水处置', 'Road ponding') }, response: '', matched: 'warning of group ponding at yellow at a low point', not_matched: [{ plan: 'flood-iv', why: 'asks for a district warning of orange' }] }], chain: c.facts.filter((f) => !['task-overdue'].includes(f.kind)).map(link), timeline: c.facts.map(ev), series: { indicator: 'ponding-depth', place: t.code }, missing: c.state === 'closed' ? [] : [...c.tasks.filter((x) => x.state !== 'verified').map((x) => w(`「${x.step.words.zh}」尚未核查`, `"${x.step.words.en}" is not verified`)), ...(t.level === 'normal' ? [] : [w('水深尚未回到正常', 'The depth is not back to normal')])], review: c.review }
}
const caseRow = (c) => { const t = c.tasks.find((x) => clock(x)); return { id: c.id, type: c.type, title: c.title, place: { code: c.thing.code, words: c.thing.name }, level: c.level, state: c.state, opened_at: c.opened, closed_at: c.closed, unit: unit(c.d), flags: c.flags, reopened: c.reopened, tasks: { total: 3, verified: c.tasks.filter((x) => x.state === 'verified').length, overdue: c.tasks.filter((x) => clock(x) && now > clock(x).due).length }, next: t && c.state === 'open' ? { unit: unit(t.unit), clock: { ...clock(t), overdue: now > clock(t).due } } : null } }
const hello = () => ({ centre: { id: 'cq', name: w('重庆市', 'Chongqing'), root: '500000' }, zone_minutes: 480, now, seq, levels, place_levels: [{ id: 'city', words: w('市', 'City') }, { id: 'district', words: w('区县', 'District') }, { id: 'town', words: w('镇街', 'Town') }], sources: [{ indicator: 'rain', words: w('降雨量', 'Rainfall'), unit: 'mm', origin: 'laid-over', note: w('2018年5月13至14日德国气象局雷达降雨,平移到重庆上空', 'German weather service radar of 13-14 May 2018 laid over Chongqing') }, { indicator: 'ponding-depth', words: w('积水深度', 'Ponding depth'), unit: 'cm', origin: 'simulated', note: w('由降雨推算', 'Worked out from the rain') }, { indicator: 'slope-moisture', words: w('边坡含水率', 'Slope moisture'), unit: '%', origin: 'synthetic', note: w('生成的数据', 'Generated data') }], thing_kinds: [{ id: 'low-point', words: w('低洼点', 'Low point') }, { id: 'slope', words: w('边坡', 'Slope') }], words: {}, demo: demo() })
const demo = () => ({ speed, paused, from: FROM, until: UNTIL, seed: 7, ended: now >= UNTIL })
const meOf = () => ({ user: me ? 'demo' : null, post: me?.post ?? null, unit: me ? unit(me.unit) : null, csrf: 't', demo: true })
function series(ind, place) {
  const t = things.find((x) => x.code === place), at = [], value = []
  for (let x = FROM; x <= now; x += STEP) { at.push(x); const h = (x - FROM) / 3600_000; value.push(ind === 'rain' ? (h > 9 && h < 10 ? null : Math.max(0, Math.round(60 * Math.sin(h / 4) ** 2 + 6 * Math.sin(x)) / 10)) : Math.round(Math.max(0, 34 * Math.exp(-((h - 10) ** 2) / 14) + 1.2 * Math.sin(x)) * 10) / 10) }
  return { indicator: { id: ind, words: ind === 'rain' ? w('降雨量', 'Rainfall') : w('积水深度', 'Ponding depth') }, unit: ind === 'rain' ? 'mm' : 'cm', at, value, quality: at.map(() => 'good'), level: t?.level ?? 'normal', unknown: false, rungs: ind === 'rain' ? [{ level: 'blue', text: 'sum 12h >= 50', value: 50 }, { level: 'yellow', text: 'sum 6h >= 50', value: 50 }, { level: 'orange', text: 'sum 3h >= 50', value: 50 }, { level: 'red', text: 'sum 3h >= 100', value: 100 }] : [{ level: 'blue', text: '>= 12', value: 12 }, { level: 'yellow', text: '>= 20', value: 20 }, { level: 'orange', text: '>= 30', value: 30 }, { level: 'red', text: '>= 40', value: 40 }], changes: [{ at: FROM + 7 * 3600_000, level: 'blue' }, { at: FROM + 8 * 3600_000, level: 'yellow' }, { at: FROM + 9 * 3600_000, level: 'orange' }, { at: FROM + 12 * 3600_000, level: 'normal' }].filter((x) => x.at < now), origin: ind === 'rain' ? 'laid-over' : 'simulated', source: 'Example issuer, ponding table, v1' }
}
const lines = new Set()
const startState = Object.fromEntries([...[...districts, ...towns].map((p) => [p.id, 'normal']), ...things.map((t) => [t.code, 'normal'])])
for (let i = 0; i < Number(process.env.WARM ?? 130); i++) step()
publish()
setInterval(() => {
  if (paused || now >= UNTIL) return
  turn = { places: new Set(), cases: new Set(), units: new Set(), events: [] }
  step(); seq++
  for (const l of lines) {
    const places = {}, th = {}
    for (const code of turn.places) { if (!under(code, l.unit)) continue; const p = byId.get(code); if (p) places[code] = state(p); else { const t = things.find((x) => x.code === code); th[code] = { level: t.level, unknown: t.unknown, value: t.value } } }
    l.res.write(`id: ${seq}\nevent: turn\ndata: ${JSON.stringify({ seq, now, places, things: th, ...counters(l.unit), events: turn.events.filter((e) => under(e.place, l.unit)).map(ev).reverse(), touched: { cases: [...turn.cases], units: [...turn.units] } })}\n\n`)
  }
  turn = null
}, (STEP / speed) | 0)
const body = (req) => new Promise((ok) => { let s = ''; req.on('data', (d) => (s += d)); req.on('end', () => ok(s ? JSON.parse(s) : {})) })
createServer(async (req, res) => {
  const u = new URL(req.url, 'http://x'), p = u.pathname.split('/').slice(1).map(decodeURIComponent), q = u.searchParams
  const send = (value, status = 200) => { res.writeHead(value === undefined ? 404 : status, { 'content-type': 'application/json' }); res.end(JSON.stringify(value ?? { what: `No such thing: ${u.pathname}`, where: u.pathname, remedy: 'Look it up in the list of cases.' })) }
  const unitQ = q.get('unit') ?? '500000'
  if (req.method === 'POST') {
    const b = await body(req)
    if (p[1] === 'demo') { if (b.speed) speed = b.speed; if (b.paused !== undefined) paused = b.paused; for (const l of lines) l.res.write(`event: demo\ndata: ${JSON.stringify(demo())}\n\n`); return send(demo()) }
    if (p[1] === 'take') { me = { post: b.post, unit: b.post.split('@')[1] }; return send(meOf()) }
    if (p[1] === 'leave') { me = null; return send({}) }
    if (p[1] === 'commands') {
      if (!me) return send({ what: 'You hold no post', where: b.target, remedy: 'Take a post first.' }, 403)
      const t = cases.flatMap((c) => c.tasks).find((x) => x.id === b.target), pr = proposals.find((x) => x.id === b.target)
      if (pr) { pr.state = 'declined'; if (b.does === 'declare') declare(pr); return send({ facts: [`cq-${seq}`] }) }
      return t && act(t, b.does, me.post, b.proof ?? { text: b.text }) ? send({ facts: [`cq-${seq}`] }) : send({ what: `The task cannot be ${b.does}ed now`, where: b.target, remedy: 'Its unit has to act first.' }, 409)
    }
  }
  if (p[1] === 'hello') return send(hello())
  if (p[1] === 'geo') return send(topo)
  if (p[1] === 'units') { const par = q.get('parent'); return send(par === '500000' ? districts.map((d) => unit(d.id)) : [...Object.keys(roles).map((r) => unit(`${par}.${r}`)), ...towns.filter((t) => t.parent === par).map((t) => unit(t.id))]) }
  if (p[1] === 'wall') return send(wall(unitQ))
  if (p[1] === 'frames') return send({ from: FROM, until: now, step: STEP, start: startState, changes })
  if (p[1] === 'desk') return send(desk(p[2]))
  if (p[1] === 'cases') return send(cases.filter((c) => under(c.thing.code, unitQ) && (q.get('state') === 'all' || c.state === (q.get('state') ?? 'open'))).map(caseRow).reverse())
  if (p[1] === 'case') { const c = cases.find((x) => x.id === p[2]); return send(c && caseOf(c)) }
  if (p[1] === 'explain') { const f = facts.get(p[2]); const up = (x, d) => (d > 8 ? [] : [...x.because.map((i) => facts.get(i)).filter(Boolean).flatMap((y) => up(y, d + 1)), x]); return send(f && { id: f.id, text: f.text, chain: up(f, 0).map(link) }) }
  if (p[1] === 'series') return send(series(p[2], p[3]))
  if (p[1] === 'reviews') return send(reviews.map(({ held, improvements, c, ...r }) => r).reverse())
  if (p[1] === 'review') { const r = reviews.find((x) => x.id === p[2]); return send(r && (({ c, ...rest }) => ({ ...rest, timeline: c.facts.map(ev) }))(r)) }
  if (p[1] === 'scores') return send(scores)
  if (p[0] === 'office' && p[1] === 'me') return send(meOf())
  if (p[1] === 'events') { res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' }); const l = { res, unit: unitQ }; lines.add(l); res.write(': hi\n\n'); return req.on('close', () => lines.delete(l)) }
  send(undefined)
}).listen(port, '127.0.0.1', () => console.log(`fixture on ${port}: ${cases.length} cases, ${events.length} events`))
