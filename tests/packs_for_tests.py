"""A small city as packs, for tests of any room: two packs, one city, two districts, four towns, rain and two low points."""

from collections.abc import Mapping
from pathlib import Path

_LIVES = (Path(__file__).parents[1] / "packs/base/lives.yaml").read_text("utf-8")

BASE = {
    "pack.yaml": """\
urn: bihuan/test-base
version: 1.0.0
words: {zh: 基础, en: Base}
licence: Apache-2.0
owner: Bihuan
review_by: "2030-01-01"
""",
    "levels.yaml": """\
levels:
  - {id: normal, words: {zh: 正常, en: Normal}, colour: "#A3E2D5", digit: "0"}
  - {id: blue, words: {zh: 蓝色, en: Blue}, colour: "#3C7DDE", digit: "1"}
  - {id: yellow, words: {zh: 黄色, en: Yellow}, colour: "#FFF88F", digit: "2"}
  - {id: orange, words: {zh: 橙色, en: Orange}, colour: "#E08723", digit: "3"}
  - {id: red, words: {zh: 红色, en: Red}, colour: "#C0173C", digit: "4"}
place_levels:
  - {id: city, words: {zh: 市, en: City}}
  - {id: district, words: {zh: 区, en: District}}
  - {id: town, words: {zh: 镇, en: Town}}
calendars:
  - {id: city, zone: "+08:00", hours: ["08:00-12:00", "14:00-18:00"], holidays: ["2025-10-01"], make_up_days: ["2025-10-11"]}
five_colours:
  - id: vitals
    words: {zh: 五色评价, en: Five colours}
    source: {issuer: Bihuan, document: example values, version: "1"}
    points:
      - {level: normal, points: 0}
      - {level: blue, points: 1}
      - {level: yellow, points: 3}
      - {level: orange, points: 6}
      - {level: red, points: 10}
    colours:
      - {least: 0, level: normal}
      - {least: 0.5, level: blue}
      - {least: 2, level: yellow}
      - {least: 4.5, level: orange}
      - {least: 8, level: red}
    within: 2
sentences:
  - {id: claimed-at-once, words: {zh: 签收后即报完成, en: Reported done right after signing}}
""",
    "lives.yaml": _LIVES,
}

RAIN = {
    "pack.yaml": """\
urn: bihuan/test-rain
version: 0.1.0
words: {zh: 小城降雨, en: Rain in a small city}
licence: Apache-2.0
owner: Bihuan
requires: [base]
places: [places.csv]
things: [things.csv]
review_by: "2030-01-01"
""",
    "places.csv": """\
code,name,level,parent,lon,lat,name_en
1,小城,city,,106.5,29.5,Small City
11,东区,district,1,106.6,29.5,East
12,西区,district,1,106.4,29.5,West
1101,东一镇,town,11,106.61,29.51,East One
1102,东二镇,town,11,106.62,29.52,East Two
1201,西一镇,town,12,106.41,29.51,West One
1202,西二镇,town,12,106.42,29.52,West Two
""",
    "things.csv": """\
code,kind,name,place,lon,lat,name_en
LP-1101-1,low-point,东一下穿道,1101,106.611,29.511,East One underpass
LP-1201-1,low-point,西一下穿道,1201,106.411,29.511,West One underpass
""",
    "departments.yaml": """\
departments:
  - {role: drainage, words: {zh: 排水, en: Drainage}, at: [city, district]}
  - {role: emergency, words: {zh: 应急, en: Emergency}, at: [city, district]}
  - {role: sensing, words: {zh: 数据, en: Sensing}, at: [district]}
  - {role: inspection, words: {zh: 督查, en: Inspection}, at: [city, district], checker: true}
""",
    "indicators.yaml": """\
thing_kinds:
  - {id: low-point, words: {zh: 低洼点, en: Low point}}
indicators:
  - id: rain
    words: {zh: 降雨量, en: Rainfall}
    unit: mm
    subject: {places: town}
    cadence: 5m
    stale_after: 20m
    direction: higher-is-worse
    origin: synthetic
    origin_note: {zh: 为测试编写, en: Written for tests}
    ladder: rainstorm
    roll_up: max
    least: 0
    most: 100
  - id: ponding-depth
    words: {zh: 积水深度, en: Ponding depth}
    unit: cm
    subject: {things: low-point}
    cadence: 5m
    stale_after: 20m
    direction: higher-is-worse
    origin: synthetic
    origin_note: {zh: 为测试编写, en: Written for tests}
    ladder: ponding
    least: 0
    most: 500
ladders:
  - id: rainstorm
    words: {zh: 暴雨, en: Rainstorm}
    source: {issuer: CMA, document: rainstorm signal, version: "1"}
    rungs:
      - {level: blue, window: {fold: sum, over: 12h, missing: zero}, raise: {op: ">=", value: 50}, keep: 1h}
      - {level: yellow, window: {fold: sum, over: 6h, missing: zero}, raise: {op: ">=", value: 50}, keep: 1h}
      - {level: orange, window: {fold: sum, over: 3h, missing: zero}, raise: {op: ">=", value: 50}, keep: 1h}
      - {level: red, window: {fold: sum, over: 3h, missing: zero}, raise: {op: ">=", value: 100}, keep: 1h}
  - id: ponding
    words: {zh: 积水, en: Ponding}
    source: {issuer: Bihuan, document: example values, version: "1"}
    rungs:
      - {level: blue, raise: {op: ">=", value: 15}, for: 5m, clear: {op: "<", value: 10}, keep: 10m}
      - {level: yellow, raise: {op: ">=", value: 27}, for: 5m, clear: {op: "<", value: 20}, keep: 10m}
      - {level: orange, raise: {op: ">=", value: 40}, clear: {op: "<", value: 30}, keep: 10m}
      - {level: red, raise: {op: ">=", value: 60}, clear: {op: "<", value: 45}, keep: 10m}
groups:
  - {id: rainstorm, words: {zh: 暴雨, en: Rainstorm}, indicators: [rain], at: district}
  - {id: ponding, words: {zh: 积水, en: Ponding}, indicators: [ponding-depth]}
""",
    "cases.yaml": """\
cases:
  - id: rainstorm
    words: {zh: 强降雨应对, en: Heavy rain response}
    holder: district
    verify: inspection
    verify_at: district
    check: 1h
    watch: 6h
    review: true
  - id: ponding
    words: {zh: 积水, en: Ponding}
    holder: district
    verify: inspection
    verify_at: district
    check: 40m
    watch: 1d
  - id: data-duty
    words: {zh: 数据中断, en: Data missing}
    holder: district
    verify: inspection
    verify_at: district
    check: 2h
    watch: 12h
""",
    "plans.yaml": """\
plans:
  - id: flood-iii
    words: {zh: 防汛Ⅲ级响应, en: Flood response III}
    trigger: {warning: {group: rainstorm, levels: [blue, yellow, orange, red]}}
    response: III
    declared_at: district
    answer: 10m
    case: rainstorm
    steps:
      - id: pumps
        words: {zh: 水泵前置, en: Bring pumps forward}
        to: {role: drainage, at: district}
        sign: 5m
        arrive: 40m
        done: 3h
        proof: [text, count]
      - id: town-watch
        words: {zh: 镇街巡查, en: Town patrols}
        to: {down: town, affected: blue}
        sign: 10m
        done: 3h
        proof: [text]
        fallback: emergency
      - id: report
        words: {zh: 汇总险情, en: Report the situation}
        to: {role: emergency, at: district}
        sign: 10m
        done: 2h
        after: [pumps, town-watch]
  - id: ponding
    words: {zh: 积水处置, en: Ponding at a low point}
    trigger: {warning: {group: ponding, levels: [blue, yellow, orange, red]}}
    case: ponding
    steps:
      - id: pump
        words: {zh: 抽排积水, en: Pump the water away}
        to: {role: drainage, at: district}
        sign: 5m
        arrive: 40m
        done: 3h
        proof: [text]
      - id: guard
        words: {zh: 现场值守, en: Guard the spot}
        to: {down: town}
        sign: 10m
        done: 3h
        proof: [text]
        levels: [yellow, orange, red]
        fallback: emergency
  - id: ponding-report
    words: {zh: 上报积水处置, en: Reported ponding}
    trigger: {report: {case: ponding}}
    case: ponding
    steps:
      - {id: look, words: {zh: 现场核实, en: Look at the spot}, to: {down: town}, sign: 10m, done: 3h}
  - id: rain-silent
    words: {zh: 雨量中断处置, en: Rain gauge silent}
    trigger: {silent: {indicator: rain}}
    case: data-duty
    steps:
      - {id: restore-rain, words: {zh: 恢复雨量, en: Restore the gauge}, to: {role: sensing, at: district}, sign: 15m, done: 6h}
  - id: ponding-silent
    words: {zh: 水位计中断处置, en: Ponding gauge silent}
    trigger: {silent: {indicator: ponding-depth}}
    case: data-duty
    steps:
      - {id: restore-depth, words: {zh: 恢复水位计, en: Restore it}, to: {role: sensing, at: district}, sign: 15m, done: 6h}
""",
    "scorecards.yaml": """\
scorecards:
  - id: closing
    words: {zh: 闭环评价, en: Closing the loop}
    version: "1"
    units: district
    case_types: [rainstorm, ponding, data-duty]
    every: 6h
    items:
      - id: sign
        words: {zh: 按时签收, en: Signed on time}
        measure: signed_on_time_rate
        weight: 60
        direction: higher-is-better
      - {id: relapse, words: {zh: 复发, en: Relapses}, measure: reopened_rate, weight: 40, direction: lower-is-better}
    colours:
      - {least: 90, level: normal}
      - {least: 60, level: yellow}
      - {least: 0, level: red}
""",
    "tests/rain.yaml": """\
about: An hour of heavy rain raises a warning, a person declares, the pumps go out.
clock: 2025-09-01T02:00+08:00
series:
  - {indicator: rain, place: "1101", every: 5m, values: 10x11 0x12}
people:
  - {at: 40m, post: duty@11, does: declare, proposal: flood-iii}
  - {at: 42m, post: duty@11.drainage, does: sign, task: flood-iii/pumps}
  - {at: 90m, post: duty@11.drainage, does: claim, task: flood-iii/pumps, text: two pumps, proof: {count: 2}, refused: true}
expect:
  - {at: 44m, warning: {place: "11", group: rainstorm, level: orange}}
  - {at: 45m, plan: flood-iii, place: "11", tasks: {drainage: 1, town: 1}}
  - {at: 45m, task: {step: flood-iii/pumps, unit: 11.drainage, state: signed, overdue: false}}
  - {at: 2h, none: {closed: true}}
""",
}


def small_pack() -> dict[str, dict[str, str]]:
    """Pack name -> path -> text, fresh each time. Loads, and lints to gold."""
    return {"base": dict(BASE), "rain": dict(RAIN)}


def with_change(
    path: str, old: str, new: str, packs: Mapping[str, Mapping[str, str]] | None = None
) -> dict[str, dict[str, str]]:
    """The small packs with `old` replaced by `new` once in `pack/path`; `old` must be there."""
    out = {name: dict(files) for name, files in (packs or small_pack()).items()}
    pack, _, file = path.partition("/")
    assert old in out[pack][file], f"'{old}' is not in {path}"
    out[pack][file] = out[pack][file].replace(old, new, 1)
    return out
