"""Every refusal of a pack is read as its author would read it: file, line, sentence, remedy."""

# ruff: noqa: E501 - a table of sentences reads better unbroken

import pytest
from tests.packs_for_tests import small_pack, with_change

from bihuan.pack.load import load
from bihuan.pack.trouble import PackErrors

# (file, what is there, what is written instead, what the author reads)
REFUSED = [
    # shape
    ("rain/cases.yaml", "holder: district", "holdr: district",
     "packs/rain/cases.yaml:4: case type 'rainstorm' has the key 'holdr', which means nothing. There are 21 known keys, "
     "among them: code, holder, odd_hours, words. Did you mean 'holder'?"),
    ("rain/cases.yaml", "    holder: district\n", "",
     "packs/rain/cases.yaml:2: case type 'rainstorm' has no 'holder'. Add 'holder'."),
    ("rain/plans.yaml", "sign: 5m", "sign: 5",
     "packs/rain/plans.yaml:13: plan 'flood-iii': steps[0].sign: '5' is not a span of time; write it like 90s, 10m, 1h30m or 2d."),
    ("rain/plans.yaml", "role: drainage, at", "rle: drainage, at",
     "packs/rain/plans.yaml:12: plan 'flood-iii' (steps[0].to) has the key 'rle', which means nothing. "
     "Known keys: affected, at, down, role. Did you mean 'role'?"),
    ("rain/indicators.yaml", "direction: higher-is-worse", "direction: higher-is-bad",
     "packs/rain/indicators.yaml:10: indicator 'rain': 'higher-is-bad' is no choice for direction. "
     "Known choices: band, higher-is-worse, lower-is-worse. Did you mean 'higher-is-worse'?"),
    ("base/levels.yaml", 'digit: "0"', "digit: 0",
     "packs/base/levels.yaml:2: level 'normal': digit should be text, and is '0'. Put it in quotes: \"0\"."),
    ("rain/plans.yaml", "proof: [text, count]", "proof: text",
     "packs/rain/plans.yaml:16: plan 'flood-iii': steps[0].proof should be a list, and is 'text'. Write it as a list: [text]."),
    ("rain/plans.yaml", "after: [pumps, town-watch]", "after: [pumps, [town-watch]]",
     "packs/rain/plans.yaml:29: plan 'flood-iii': steps[2].after[1] should be text, and is a list."),
    ("rain/cases.yaml", "cases:", "caeses:",
     "packs/rain/cases.yaml:1: 'caeses' is no section of a pack. There are 19 known sections, among them: areas, calendars, cases, "
     "indicators, ladders, levels, lives, place_levels, plans, plates, scorecards, sentences. Did you mean 'cases'?"),
    ("rain/cases.yaml", "cases:\n  - id: rainstorm", "cases:\n  id: rainstorm\nx:\n  - id: y",
     "packs/rain/cases.yaml:1: the section 'cases' is not a list. Begin every entry with '- '."),
    ("rain/departments.yaml", "departments:\n", "- departments:\n",
     "packs/rain/departments.yaml:1: a file of a pack is a mapping of sections. Sections: levels, place_levels"),
    ("rain/pack.yaml", "owner: Bihuan\n", "",
     "packs/rain/pack.yaml:1: pack 'rain' has no 'owner'. Add 'owner'."),
    # tables
    ("rain/pack.yaml", "[places.csv]", "[place.csv]",
     "packs/rain/pack.yaml:7: pack 'rain' names the table 'place.csv', which is not there. "
     "Known tables: places.csv, things.csv. Did you mean 'places.csv'?"),
    ("rain/places.csv", "name_en\n", "english\n",
     "packs/rain/places.csv:1: the column 'english' means nothing. Known columns: code, duty_parent, lat, level, lon, name, name_en, "
     "parent, synthetic, unit_only, valid_from, valid_to."),
    ("rain/places.csv", "level,parent", "parent,parent",
     "packs/rain/places.csv:1: the column 'parent' stands twice. Keep one of them."),
    ("rain/places.csv", "code,name", "name_en,name",
     "packs/rain/places.csv:1: the column 'code' is missing. Add it to the first row and fill it."),
    ("rain/places.csv", "106.61,29.51", "106.61,north",
     "packs/rain/places.csv:5: this row: lat should be a number, and is 'north'."),
    ("rain/places.csv", "106.61,29.51", "nan,29.51",
     "packs/rain/places.csv:5: lon is no number. Write degrees such as 106.55."),
    ("rain/places.csv", "1101,东一镇,town", "1101,东一镇,,town",
     "packs/rain/places.csv:5: this row has 8 cells where the first row names 7. Check its commas and quotes."),
    ("rain/places.csv", "1101,东一镇,town", "1101,,town",
     "packs/rain/places.csv:5: this row has no 'name'. Add 'name'."),
    ("rain/places.csv", "1202,西二镇", "1202,\"西二镇",
     "packs/rain/places.csv:8: this row is not CSV: unexpected end of data. Check its quotes."),
    # trees
    ("rain/places.csv", "1101,东一镇,town,11", "1101,东一镇,twon,11",
     "packs/rain/places.csv:5: place '1101' has the place level 'twon', which nobody declares. "
     "Known place levels: city, district, town. Did you mean 'town'?"),
    ("rain/places.csv", "town,11,106.61", "town,19,106.61",
     "packs/rain/places.csv:5: place '1101' has the parent '19', which is no place. "
     "Known places: 1, 11, 1101, 1102, 12, 1201, 1202. Did you mean '1'?"),
    ("rain/places.csv", "town,11,106.61", "town,1102,106.61",
     "packs/rain/places.csv:5: place '1101' (town) has the parent '1102' (town), which is not above it. "
     "A parent is of a higher level: city > district > town."),
    ("rain/places.csv", "106.61,29.51", "29.51,106.61",
     "packs/rain/places.csv:5: place '1101' lies at longitude 29.51, latitude 106.61, which is nowhere. Are they swapped?"),
    ("rain/places.csv", "1101,东一镇", "11.01,东一镇",
     "packs/rain/places.csv:5: '11.01' cannot be the code of a place. Use letters, digits and hyphens, 64 at the most."),
    ("rain/things.csv", "LP-1101-1", "1101",
     "packs/rain/things.csv:2: thing '1101' has the code of a place (at packs/rain/places.csv:5). Give it a code of its own."),
    ("rain/things.csv", "low-point", "low-piont",
     "packs/rain/things.csv:2: thing 'LP-1101-1' has the kind 'low-piont', which nobody declares. "
     "Known kinds of thing: low-point. Did you mean 'low-point'?"),
    ("rain/things.csv", "1101,106", "1103,106",
     "packs/rain/things.csv:2: thing 'LP-1101-1' lies in the place '1103', which nobody declares. Known places: "),
    ("base/levels.yaml", "#A3E2D5", "green", "packs/base/levels.yaml:2: 'green' is no colour for level 'normal'. Write it as #E74C3C."),
    ("base/levels.yaml", 'digit: "0"', 'digit: "00"', "level 'normal' needs one digit or letter to go with its colour."),
    ("base/levels.yaml", "+08:00", "Asia/Chongking",
     "packs/base/levels.yaml:12: 'Asia/Chongking' is no time zone that is known here. "
     "Write a name such as Asia/Shanghai, or an offset such as +08:00."),
    ("base/levels.yaml", "14:00-18:00", "18:00-14:00",
     "'18:00-14:00' are no working hours. Write them as 08:00-12:00."),
    ("base/levels.yaml", "2025-10-01", "2025-10-1", "packs/base/levels.yaml:12: '2025-10-1' is no date. Write it as 2026-10-01."),
    ("base/levels.yaml", "hours:", "week: [0, 1], hours:", "a day of the week is 1 (Monday) to 7 (Sunday)."),
    ("base/levels.yaml", "id: blue", "id: Blue!",
     "packs/base/levels.yaml:3: 'Blue!' cannot be the id of a level. Write an id in small letters, digits and hyphens: rain-1h."),
    ("rain/departments.yaml", "at: [district]", "at: [county]",
     "packs/rain/departments.yaml:4: department 'sensing' stands at the place level 'county', which nobody declares."),
    ("rain/departments.yaml", "at: [district]", "at: []",
     "department 'sensing' stands at no place level. List the levels that have it under 'at'."),
    # indicators
    ("rain/indicators.yaml", "subject: {places: town}", "subject: {places: town, things: low-point}",
     "packs/rain/indicators.yaml:7: indicator 'rain' must be about places or about things, exactly one. "
     "Write either 'places: <place level>' or 'things: <kind of thing>'."),
    ("rain/indicators.yaml", "subject: {places: town}", "subject: {}", "indicator 'rain' must be about places or about things, exactly one."),
    ("rain/indicators.yaml", "subject: {places: town}", "subject: {places: village}",
     "packs/rain/indicators.yaml:7: indicator 'rain' is about the place level 'village', which nobody declares."),
    ("rain/indicators.yaml", "things: low-point", "things: slope",
     "indicator 'ponding-depth' is about things of the kind 'slope', which nobody declares. Known kinds of thing: low-point."),
    ("rain/indicators.yaml", "cadence: 5m", "cadence: 0s",
     "packs/rain/indicators.yaml:8: indicator 'rain' has no cadence. Write how often a reading comes: 5m."),
    ("rain/indicators.yaml", "roll_up: max", "roll_up: max\n    retain: 11h",
     "packs/rain/indicators.yaml:15: indicator 'rain' keeps its readings for 11h only. "
     "Keep them for 1d or longer: a level must be explainable from what it looked at."),
    ("rain/indicators.yaml", "stale_after: 20m", "stale_after: 5m",
     "packs/rain/indicators.yaml:9: indicator 'rain' is stale after 5m, but a reading comes only every 5m. "
     "Make 'stale_after' longer than the cadence; three times is usual."),
    ("rain/indicators.yaml", "least: 0\n    most: 100", "least: 100\n    most: 0", "indicator 'rain' takes values from 100 to 0, which is none."),
    ("rain/indicators.yaml", "roll_up: max", "raise_on: [god]",
     "indicator 'rain' raises on the quality 'god', which nobody declares. Known qualities: estimated, good, missing, suspect. "
     "Did you mean 'good'?"),
    ("rain/indicators.yaml", "roll_up: max", "raise_on: [missing]", "indicator 'rain' raises on missing readings, which have no value."),
    ("rain/indicators.yaml", "ladder: rainstorm", "ladder: rainstrom",
     "packs/rain/indicators.yaml:13: indicator 'rain' has the ladder 'rainstrom', which nobody declares. "
     "Known ladders: ponding, rainstorm. Did you mean 'rainstorm'?"),
    ("rain/indicators.yaml", "direction: higher-is-worse", "direction: lower-is-worse",
     "ladder 'rainstorm' raises blue at >= 50, but of indicator 'rain' lower-is-worse. Turn the operator or the direction round."),
    ("rain/indicators.yaml", "over: 3h, missing: zero}, raise: {op: \">=\", value: 50}",
     "over: 1m, missing: zero}, raise: {op: \">=\", value: 50}",
     "packs/rain/indicators.yaml:36: ladder 'rainstorm' looks at 1m, but indicator 'rain' has a reading only every 5m. "
     "Make the window at least as long as the cadence."),
    # ladders
    ("rain/indicators.yaml", "level: blue, window", "level: blu, window",
     "packs/rain/indicators.yaml:34: ladder 'rainstorm' has the level 'blu', which nobody declares. "
     "Known levels: blue, normal, orange, red, yellow. Did you mean 'blue'?"),
    ("rain/indicators.yaml", "level: blue, window", "level: normal, window",
     "ladder 'rainstorm' has the level 'normal', which is calm. Name one of: blue, yellow, orange, red."),
    ("rain/indicators.yaml", "level: blue, raise", "level: red, raise",
     "packs/rain/indicators.yaml:43: ladder 'ponding' has yellow after red. "
     "Order the rungs from the mildest to the worst, each once: blue, yellow, orange, red."),
    ("rain/indicators.yaml", "level: yellow, raise: {op: \">=\", value: 27}, for: 5m, clear: {op: \"<\", value: 20}",
     "level: yellow, raise: {op: \">=\", value: 12}, for: 5m",
     "packs/rain/indicators.yaml:43: ladder 'ponding' raises yellow at >= 12, which is milder than blue at >= 15. "
     "A worse level needs a worse value in the same window."),
    ("rain/indicators.yaml", "value: 100}, keep", "value: 40}, keep",
     "raises red at sum 3h >= 40, which is milder than orange at sum 3h >= 50."),
    ("rain/indicators.yaml", "clear: {op: \"<\", value: 10}", "clear: {op: \"<\", value: 16}",
     "packs/rain/indicators.yaml:42: ladder 'ponding', level blue raises at >= 15 but clears at < 16: where both hold it would do both. "
     "Clear at a value not above 15, without meeting it."),
    ("rain/indicators.yaml", "clear: {op: \"<\", value: 10}", "clear: {op: \"<=\", value: 15}", "raises at >= 15 but clears at <= 15"),
    ("rain/indicators.yaml", "clear: {op: \"<\", value: 10}", "clear: {op: \">\", value: 10}",
     "raises at >= 15 and clears at > 10: both go the same way. Write 'clear: {op: \"<\", value: 15}', or leave it out."),
    ("rain/indicators.yaml", "missing: zero", "missing: 1.5",
     "ladder 'rainstorm', level blue: 'missing' is 1.5, and should be a share of readings. "
     "Write 0.8 for four out of five, or 'zero', or 'unknown'."),
    ("rain/indicators.yaml", "missing: zero", "missing: zero, times: 61",
     "ladder 'rainstorm', level blue: the window holds 61 times running. Write how many spans in a row, 1 to 60: times: 3."),
    ("rain/indicators.yaml", "missing: zero", "missing: zero, times: 0", "level blue: the window holds 0 times running."),
    ("rain/indicators.yaml", "over: 12h", "over: 0s", "ladder 'rainstorm', level blue: the window is empty."),
    ("rain/indicators.yaml", 'version: "1"}', 'version: "1", valid_from: May}', "ladder 'rainstorm': 'May' is no date. Write it as 2026-01-31."),
    ("rain/indicators.yaml", "groups:", "  - {id: empty, words: {zh: 空, en: Empty}, source: {issuer: x, document: y}, rungs: []}\ngroups:",
     "ladder 'empty' has no rungs. Declare at least one level with its 'raise'."),
    # groups
    ("rain/indicators.yaml", "indicators: [rain]", "indicators: [rian]",
     "packs/rain/indicators.yaml:47: group 'rainstorm' has the indicator 'rian', which nobody declares. "
     "Known indicators: ponding-depth, rain. Did you mean 'rain'?"),
    ("rain/indicators.yaml", "indicators: [rain]", "indicators: [rain, ponding-depth]",
     "indicator 'ponding-depth' is in the groups 'rainstorm' and 'ponding'; a series warns in one group. Remove it from one of them."),
    ("rain/indicators.yaml", "    ladder: rainstorm\n", "",
     "group 'rainstorm' has the indicator 'rain', which has no ladder and so never warns. Give it a ladder, or leave it out."),
    ("rain/indicators.yaml", "indicators: [rain], at: district", "indicators: [], at: district", "group 'rainstorm' has no indicators."),
    ("rain/indicators.yaml", "at: district}", "at: district, least: 0}",
     "group 'rainstorm' stands at a level with at least 0 series: it would warn when all is calm. "
     "Write 1, or leave it out; 2 where one gauge is not believed alone."),
    ("rain/indicators.yaml", "indicators: [ponding-depth]}", "indicators: [ponding-depth], least: 2}",
     "group 'ponding' asks for 2 series at a level, but at 'subject' there is only one: it never warns. "
     "Write 'at' as well, one of: city, district, town."),
    ("rain/indicators.yaml", "at: district", "at: county", "group 'rainstorm' warns at the place level 'county', which nobody declares."),
    ("rain/indicators.yaml", "subject: {places: town}", "subject: {places: city}",
     "group 'rainstorm' warns at level 'district', but the series of 'rain' stand at city, above it. "
     "Warn at the same level or higher, or at 'subject'."),
    # case types
    ("rain/cases.yaml", "holder: district", "holder: county", "case type 'rainstorm' is held at the place level 'county', which nobody declares."),
    ("rain/cases.yaml", "verify: inspection", "verify: drainage",
     "packs/rain/cases.yaml:5: case type 'rainstorm' is verified by role 'drainage', which does tasks, so it cannot check. "
     "Roles that may: inspection."),
    ("rain/cases.yaml", "verify_at: district", "verify_at: town",
     "case type 'rainstorm' is verified by role 'inspection' at level 'town', where no unit has it. 'inspection' exists at: city, district."),
    ("rain/cases.yaml", "check: 1h", "check: 0s", "case type 'rainstorm' gives the verifier no time. Write how long a check may take: 2h."),
    # plans
    ("rain/plans.yaml", "role: drainage", "role: drainige",
     "packs/rain/plans.yaml:12: plan 'flood-iii' sends to role 'drainige', which no unit has. "
     "Known roles: drainage, emergency, inspection, sensing. Did you mean 'drainage'?"),
    ("rain/plans.yaml", "role: drainage, at: district", "role: drainage, at: town",
     "plan 'flood-iii' sends to role 'drainage' at level 'town', where no unit has it. 'drainage' exists at: city, district."),
    ("rain/plans.yaml", "role: drainage, at: district", "role: drainage",
     "plan 'flood-iii' sends to role 'drainage', but not at which level. Write 'at: <place level>'."),
    ("rain/plans.yaml", "role: drainage, at: district", "role: drainage, at: district, affected: blue",
     "plan 'flood-iii' sends to role 'drainage', which 'affected' cannot narrow. Use it with 'down'."),
    ("rain/plans.yaml", "role: drainage, at: district", "role: inspection, at: district",
     "plan 'flood-iii' sends to role 'inspection', which checks, so it can never do tasks itself: it would check its own work. "
     "Roles that may: drainage, emergency, sensing."),
    ("rain/plans.yaml", "role: drainage, at: district", "role: drainage, down: town",
     "packs/rain/plans.yaml:12: plan 'flood-iii', step 'pumps' must go across or down, exactly one. "
     "Write 'role' and 'at' (a department across) or 'down' (the units of a level below)."),
    ("rain/plans.yaml", "down: town, affected: blue", "down: town, at: district",
     "plan 'flood-iii', step 'town-watch' goes down, where 'at' means nothing. Use 'at' with 'role'."),
    ("rain/plans.yaml", "down: town, affected: blue", "down: village", "step 'town-watch' goes down to the place level 'village', which nobody declares."),
    ("rain/plans.yaml", "down: town, affected: blue", "down: city",
     "goes down to level 'city', but its cases are about places of level 'district', which lie below that. "
     "Send it across to a department at that level."),
    ("rain/plans.yaml", "affected: blue", "affected: bleu", "step 'town-watch' goes to units affected at the level 'bleu', which nobody declares."),
    ("rain/plans.yaml", "{down: town}, sign: 10m", "{down: town, affected: blue}, sign: 10m",
     "plan 'ponding-report', step 'look' goes to affected units only, but no warning says which are affected. "
     "Remove 'affected', or trigger the plan by a warning."),
    ("rain/plans.yaml", "levels: [blue, yellow, orange, red]", "levels: [blue, violet]",
     "packs/rain/plans.yaml:4: plan 'flood-iii' waits for the level 'violet', which nobody declares."),
    ("rain/plans.yaml", "levels: [blue, yellow, orange, red]", "levels: []", "plan 'flood-iii' waits for a warning at no level."),
    ("rain/plans.yaml", "group: rainstorm", "group: rain",
     "packs/rain/plans.yaml:4: plan 'flood-iii' waits for warnings of the group 'rain', which nobody declares. "
     "Known groups: ponding, rainstorm."),
    ("rain/indicators.yaml", "      - {level: red, raise", "      # - {level: red, raise",
     "plan 'ponding' waits for red in the group 'ponding', which never reaches it. Known levels of this group: blue, orange, yellow."),
    ("rain/plans.yaml", "{silent: {indicator: rain}}", "{silent: {indicator: rian}}",
     "plan 'rain-silent' waits for silence of the indicator 'rian', which nobody declares."),
    ("rain/plans.yaml", "{report: {case: ponding}}", "{report: {case: pond}}",
     "plan 'ponding-report' waits for reports of the case type 'pond', which nobody declares."),
    ("rain/plans.yaml", "{report: {case: ponding}}", "{}",
     "plan 'ponding-report' needs exactly one trigger, and has none. Write one of: warning, silent, report, button."),
    ("rain/plans.yaml", "{report: {case: ponding}}", "{report: {case: ponding}, silent: {indicator: rain}}",
     "plan 'ponding-report' needs exactly one trigger, and has silent and report."),
    ("rain/plans.yaml", "case: rainstorm", "case: rainstrom",
     "plan 'flood-iii' opens a case of type 'rainstrom', which nobody declares. Known case types: data-duty, ponding, rainstorm."),
    ("rain/plans.yaml", "declared_at: district", "declared_at: county", "plan 'flood-iii' is declared at the place level 'county', which nobody declares."),
    ("rain/plans.yaml", "declared_at: district", "declared_at: town",
     "plan 'flood-iii' is declared at level 'town', but its cases are about places of level 'district', which lie above that."),
    ("rain/plans.yaml", "    response: III\n", "", "plan 'flood-iii' is declared by a person, but says no response level. Write 'response: IV'."),
    ("rain/plans.yaml", "trigger: {report: {case: ponding}}", "trigger: {report: {case: ponding}}\n    declared_at: district\n    response: IV",
     "plan 'ponding-report' is declared by a person, but no warning triggers it."),
    ("rain/plans.yaml", "answer: 10m", "answer: 0s", "plan 'flood-iii' gives nobody time to answer."),
    ("rain/plans.yaml", "after: [pumps, town-watch]", "after: [pumsp]",
     "packs/rain/plans.yaml:29: plan 'flood-iii', step 'report' waits for the step 'pumsp', which nobody declares. "
     "Known other steps: pumps, town-watch. Did you mean 'pumps'?"),
    ("rain/plans.yaml", "proof: [text, count]", "after: [report]",
     "packs/rain/plans.yaml:16: plan 'flood-iii' has steps that wait for each other: pumps -> report -> pumps. Remove one 'after'."),
    ("rain/plans.yaml", "id: town-watch", "id: pumps", "plan 'flood-iii' has the step 'pumps' twice. Rename one of them."),
    ("rain/plans.yaml", "sign: 5m", "sign: 0s", "plan 'flood-iii', step 'pumps' gives no time to sign. Write 'sign: 30m'."),
    ("rain/plans.yaml", "sign: 5m", "sign: 4h", "plan 'flood-iii', step 'pumps' is to be done before it must be signed. Both count from sending."),
    ("rain/plans.yaml", "arrive: 40m", "arrive: 4h", "plan 'flood-iii', step 'pumps': the time to arrive is not between those to sign and to be done."),
    ("rain/plans.yaml", "levels: [yellow, orange, red]", "levels: [normal]", "plan 'ponding', step 'guard' is sent at the level 'normal', which is calm."),
    ("rain/plans.yaml", "fallback: emergency", "fallback: inspection",
     "plan 'flood-iii', step 'town-watch' falls back to role 'inspection', which checks, so it can never do tasks itself"),
    ("rain/plans.yaml", "proof: [text, count]", "fallback: drainage",
     "plan 'flood-iii', step 'pumps' falls back to the unit that let it lie. Name another role."),
    ("rain/plans.yaml", "proof: [text, count]", "verify: sensing", "plan 'flood-iii', step 'pumps' is verified by role 'sensing', which does tasks"),
    ("rain/plans.yaml", "    case: rainstorm\n    steps:", "    case: rainstorm\n    source: {issuer: x, document: y, valid_to: soon}\n    steps:",
     "plan 'flood-iii': 'soon' is no date."),
    # five colours
    ("base/levels.yaml", "      - {level: red, points: 10}\n", "",
     "five-colour evaluation 'vitals' does not give points to every level in order. List all of them, from calm to worst: normal, blue"),
    ("base/levels.yaml", "points: 6", "points: 3", "the points of five-colour evaluation 'vitals' do not rise from 0. Calm costs 0, worse costs more."),
    ("base/levels.yaml", "points: 0}", "points: 1}", "the points of five-colour evaluation 'vitals' do not rise from 0."),
    ("base/levels.yaml", "least: 0,", "least: 0.1,", "the colours of five-colour evaluation 'vitals' are not in order. Begin with 'least: 0'"),
    ("base/levels.yaml", "least: 4.5", "least: 1", "the colours of five-colour evaluation 'vitals' are not in order."),
    ("base/levels.yaml", "{least: 8, level: red}", "{least: 8, level: purple}", "colours with the level 'purple', which nobody declares."),
    ("base/levels.yaml", "within: 2", "within: -1", "five-colour evaluation 'vitals' cannot be worse than its worst series."),
    # scorecards
    ("rain/scorecards.yaml", "weight: 60", "weight: 50",
     "packs/rain/scorecards.yaml:8: the weights of scorecard 'closing' add up to 90; 10 are missing, so nobody can say what full "
     "marks are. They must add up to 100: mend the weights, or the item that was forgotten."),
    ("rain/scorecards.yaml", "weight: 60", "weight: 0", "scorecard 'closing', item 'sign' weighs nothing."),
    ("rain/scorecards.yaml", "signed_on_time_rate", "signed_in_time_rate",
     "scorecard 'closing', item 'sign' has the measure 'signed_in_time_rate', which is not known. There are 13 known measures, among them: "),
    ("rain/scorecards.yaml", "signed_on_time_rate", "raw_case_count",
     "packs/rain/scorecards.yaml:11: scorecard 'closing', item 'sign' scores 'raw_case_count', a bare count. A unit must never score better "
     "because fewer cases are on its list: the easiest way to have fewer is not to report, and then nobody comes when it matters. "
     "Score a share instead: open_rate,"),
    ("rain/scorecards.yaml", "direction: lower-is-better", "direction: higher-is-better",
     "packs/rain/scorecards.yaml:14: scorecard 'closing', item 'relapse' says higher-is-better, but a lower 'reopened_rate' "
     "(cases reopened / cases closed or reopened) is better: the better a unit works, the fewer points it would get. "
     "Write 'direction: lower-is-better'."),
    ("rain/scorecards.yaml", ", direction: lower-is-better", "", "scorecard 'closing' (items[1]) has no 'direction'. Add 'direction'."),
    ("rain/scorecards.yaml", "units: district", "units: county", "scorecard 'closing' scores units of the place level 'county', which nobody declares."),
    ("rain/scorecards.yaml", "[rainstorm, ponding", "[rain, ponding", "scorecard 'closing' counts cases of type 'rain', which nobody declares."),
    ("rain/scorecards.yaml", "every: 6h", "every: monthly",
     "scorecard 'closing' has the period 'monthly', which is none. Write one of day, week, month, quarter, year, or a span such as 'every: 6h'."),
    ("rain/scorecards.yaml", "every: 6h", "every: 0s", "scorecard 'closing' has the period '0s', which is none."),
    ("rain/scorecards.yaml", "id: relapse", "id: sign", "scorecard 'closing' has the item 'sign' twice."),
    ("rain/scorecards.yaml", "least: 60", "least: 95", "the colours of scorecard 'closing' are not in order. List them from best to worst"),
    ("rain/scorecards.yaml", "least: 0,", "least: 10,", "scorecard 'closing' leaves the lowest scores without a colour. End with 'least: 0'."),
    ("rain/scorecards.yaml", "level: yellow", "level: green", "scorecard 'closing' colours with the level 'green', which nobody declares."),
    ("rain/scorecards.yaml", "direction: lower-is-better", "direction: lower-is-better, bands: [{value: 0, points: 0}, {value: 0.1, points: 100}]",
     "scorecard 'closing', item 'relapse' gives no more points for a better value (lower-is-better): 0 from 0 on, but 100 from 0.1 on. "
     "Let points rise with better values."),
    ("rain/scorecards.yaml", "direction: lower-is-better", "direction: lower-is-better, bands: [{value: 0, points: 120}]",
     "scorecard 'closing', item 'relapse' has a band with points outside 0-100."),
    ("rain/scorecards.yaml", "direction: lower-is-better", "direction: lower-is-better, bands: [{value: 0, points: 9}, {value: 0, points: 8}]",
     "scorecard 'closing', item 'relapse' has two bands that begin at one value."),
]  # fmt: skip


@pytest.mark.parametrize(("path", "old", "new", "said"), REFUSED, ids=[f"{path}:{new[:40]!r}" for path, _, new, _ in REFUSED])
def test_a_refusal_says_where_what_and_what_to_do(path: str, old: str, new: str, said: str) -> None:
    with pytest.raises(PackErrors) as caught:
        load(with_change(path, old, new))
    assert said in str(caught.value)


def test_the_unchanged_packs_are_refused_nothing() -> None:
    assert load(small_pack()).plans


def test_an_override_must_name_a_spot_and_a_level_and_keep_raise_and_clear_apart() -> None:
    ladder = 'source: {issuer: Bihuan, document: example values, version: "1"}'

    def said(override: str) -> str:
        with pytest.raises(PackErrors) as caught:
            load(with_change("rain/indicators.yaml", ladder, f"{ladder}\n    overrides: [{override}]"))
        return str(caught.value)

    load(with_change("rain/indicators.yaml", ladder, ladder + "\n    overrides: [{place: LP-1101-1, level: blue, value: 12}]"))
    load(
        with_change(
            "rain/indicators.yaml", ladder, ladder + "\n    overrides: [{place: '11', level: blue, value: 8, clear: 5}]"
        )
    )
    assert "ladder 'ponding' has an override at 'LP-9', which nobody declares. Known places and things: " in said(
        "{place: LP-9, level: blue, value: 12}"
    )
    assert (
        "override at '11': it changes the level 'violet', which nobody declares. Known levels of this ladder: blue, orange"
        in said("{place: '11', level: violet, value: 12}")
    )
    assert "override at '11', level blue raises at >= 8 but clears at < 10: where both hold it would do both." in said(
        "{place: '11', level: blue, value: 8}"
    )
    assert "override at '11': level blue is overridden twice. Keep one of them." in said(
        "{place: '11', level: blue, value: 12}, {place: '11', level: blue, value: 13}"
    )


def test_a_plan_without_steps_is_refused() -> None:
    look = "      - {id: look, words: {zh: 现场核实, en: Look at the spot}, to: {down: town}, sign: 10m, done: 3h}\n"
    packs = with_change("rain/plans.yaml", "    steps:\n" + look, "    steps: []\n")
    with pytest.raises(PackErrors, match=r"plan 'ponding-report' has no steps\. Say who does what, and by when\."):
        load(packs)


def test_a_table_with_too_many_rows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bihuan.pack.tables.MOST_ROWS", 3)
    with pytest.raises(PackErrors, match=r"packs/rain/places\.csv: the table has more than 3 rows\."):
        load(small_pack())


def test_wrong_rows_of_a_table_are_said_line_by_line_and_its_end_last() -> None:
    packs = small_pack()
    rows = packs["rain"]["places.csv"].rstrip("\n").split("\n")
    columns = rows[0].split(",")
    wrong = {"code": "1301", "name": '"两行的\n镇"', "level": "town", "parent": "11", "lon": "inf", "lat": "29"}
    rows += [",".join(wrong.get(name, "") for name in columns), "1302,镇", 'x"x', '1303,"']
    packs["rain"]["places.csv"] = "\n".join(rows) + "\n"
    with pytest.raises(PackErrors) as caught:
        load(packs)
    line = len(rows) - 3
    assert [(error.where, error.what) for error in caught.value.errors] == [
        (f"packs/rain/places.csv:{line + 1}", "lon is no number."),
        (f"packs/rain/places.csv:{line + 2}", f"this row has 2 cells where the first row names {len(columns)}."),
        (f"packs/rain/places.csv:{line + 3}", f"this row has 1 cells where the first row names {len(columns)}."),
        (f"packs/rain/places.csv:{line + 4}", "this row is not CSV: unexpected end of data."),
    ]


def test_a_table_with_a_byte_order_mark_and_empty_lines_is_read() -> None:
    packs = small_pack()
    packs["rain"]["places.csv"] = "\ufeff" + packs["rain"]["places.csv"].replace("\n", "\r\n") + "\r\n\r\n"
    assert list(load(packs).places) == list(load(small_pack()).places)
