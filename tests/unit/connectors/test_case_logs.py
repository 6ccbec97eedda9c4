"""Logs of other systems under a map: three formats, what is refused and why, and that nobody's name is taken."""

import gzip
import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from bihuan.connectors.case_logs import Map, Reader, RefusedCase, csv_log, json_log, read, read_map
from bihuan.model.errors import LogError, PackError
from bihuan.model.facts import CaseImported, ForeignChild, ForeignStep
from bihuan.model.times import DAY, HOUR, instant, iso, span

NOW = 1_760_000_000_000
NINE = 1_735_693_200_000  # 2025-01-01 09:00 in Shanghai

FLAT = """\
log: town-311
format: csv
zone: Asia/Shanghai
case:
  id: No
  type: Kind
  opened: Opened
  closed: Closed
  due: Due
  unit: Office
  place: Street
  lon: Lon
  lat: Lat
  parent: Of
  duplicate_of: Same
  state: {from: State, values: {done: closed, new: open, twice: closed}}
  duplicate: {from: State, values: {twice: "yes"}, otherwise: "no"}
"""
HEADER = "No,Kind,Opened,Closed,Due,Office,Street,Lon,Lat,Of,Same,State,Remark\n"

EVENTS = """\
log: permits
format: csv
rows: events
case: {id: case, type: {constant: permit}}
events: {activity: what, at: at, unit: group, due: due}
milestones: {ask: opened, answer: closed}
"""

NOTES = """\
log: requests
format: json
case:
  id: id
  type: service.name
  opened: asked
  state: {from: status, values: {open: open, closed: closed}}
events: {path: notes, activity: type, at: at}
milestones: {closed: closed}
children: {begun_by: began, ended_by: ended, id: more.id, type: more.name, unit: more.agency}
"""

TRACES = """\
log: works
format: xes
case: {id: "concept:name", type: kind, opened: start, closed: end}
events: {activity: "concept:name", at: "time:timestamp", due: due}
"""


def taken(map: str, log: str | bytes) -> tuple[list[CaseImported], list[RefusedCase], Reader]:
    """The cases of a log, what was refused of it, and the reader that read it."""
    found = read_map(map, "map.yaml")
    reader = Reader(found, NOW)
    told = [reader.take(record) for record in records(found, log)]
    cases = [one.case for one in told if one.case is not None]
    return cases, [refused for one in told for refused in one.refused], reader


def records(found: Map, log: str | bytes) -> Iterator[csv_log.Record]:
    return read(io.BytesIO(log.encode() if isinstance(log, str) else log), found)


def row(line: str) -> tuple[list[CaseImported], list[RefusedCase]]:
    return taken(FLAT, HEADER + line)[:2]


# --- CSV, a row a case -------------------------------------------------------------------------------------------


def test_a_row_is_a_case_with_its_milestones_in_the_logs_own_zone() -> None:
    line = 'A-1,Pothole,2025-01-01 09:00,2025-01-03T09:00+08:00,2025-01-02,Roads,"Long, Street",106.5,29.5,A-0,,done,call Li\n'
    assert row(line) == (
        [
            CaseImported(
                log="town-311",
                foreign="A-1",
                case_type="Pothole",
                state="closed",
                opened_at=NINE,
                closed_at=NINE + 2 * DAY,
                due=NINE + 15 * HOUR,
                place="Long, Street",
                unit="Roads",
                lon=106.5,
                lat=29.5,
                parent="A-0",
            )
        ],
        [],
    )


def test_a_duplicate_is_said_by_its_state_or_by_what_it_points_to() -> None:
    (by_state, by_id, neither), _ = row(
        "1,k,2025-01-01,2025-01-02,,,,,,,,twice,\n2,k,2025-01-01,2025-01-02,,,,,,,1,done,\n3,k,2025-01-01,,,,,,,,,new,\n"
    )
    assert [(case.duplicate, case.duplicate_of) for case in (by_state, by_id, neither)] == [
        (True, ""),
        (True, "1"),
        (False, ""),
    ]


def test_an_open_case_has_no_time_of_closing_whatever_stands_there() -> None:
    ((case,), _) = row("1,k,2025-01-01,2025-02-01,,,,,,,,new,\n")
    assert (case.state, case.closed_at) == ("open", None)


@pytest.mark.parametrize(
    ("line", "what", "remedy"),
    [
        (",k,2025-01-01,,,,,,,,,new,", "the id is empty.", "leave it out"),
        ("1,,2025-01-01,,,,,,,,,new,", "the type is empty.", "leave it out"),
        ("1,k,,,,,,,,,,new,", "when it was opened", "leave the row out"),
        ("1,k,yesterday,,,,,,,,,new,", "'yesterday' is no time as the map says.", "`times`"),
        ("1,k,1066-01-01,,,,,,,,,new,", "is not between 1900 and 2200.", "Mend"),
        ("1,k,2099-01-01,,,,,,,,,new,", "is in the future.", "`zone`"),
        ("1,k,2025-01-01,2099-01-01,,,,,,,,done,", "is in the future.", "`zone`"),
        ("1,k,2025-01-01,,,,,,,,,lost,", "does not say what 'lost' in 'State' means.", "Add it to `values`"),
        ("1,k,2025-01-01,,,,,,,,,,", "does not say what '' in 'State' means.", "`otherwise`"),
        ("1,k,2025-01-01,,,,,200,29,,,new,", "lon '200' is no number of degrees up to 180.", "Mend"),
        ("1,k,2025-01-01,,,,,nan,29,,,new,", "lon 'nan' is no number", "Mend"),
        ("1,k,2025-01-01,,,,,x,29,,,new,", "lon 'x' is no number", "Mend"),
        (f"1,k,2025-01-01,,,,{'w' * 201},,,,,new,", "'Street' has more than 200 letters.", "free text"),
        ("1,k,2025-01-01", "the row has 3 cells where the first row names 13.", "Quote"),
    ],
)
def test_a_bad_row_says_what_and_the_rows_around_it_are_kept(line: str, what: str, remedy: str) -> None:
    good = "{},k,2025-01-01,,,,,,,,,new,\n"
    cases, refused = row(good.format("a") + line + "\n\n" + good.format("b"))
    assert [case.foreign for case in cases] == ["a", "b"]
    assert [one.row for one in refused] == [3]
    assert what in refused[0].what
    assert remedy in refused[0].remedy


def test_when_the_source_changed_a_case_last_is_read_and_never_lies_in_the_future() -> None:
    changed = FLAT.replace("  due: Due\n", "  due: Due\n  updated: Due\n")
    rows = "1,k,2025-01-01,,2025-01-02,,,,,,,new,\n2,k,2025-01-01,,2199-01-01,,,,,,,new,\n"
    (one,), (other,), _ = taken(changed, HEADER + rows)
    assert one.updated_at == one.due
    assert other.what.endswith("is in the future.")


def test_a_due_time_may_lie_in_the_future() -> None:
    ((case,), _) = row("1,k,2025-01-01,,2099-01-01,,,,,,,new,\n")
    assert case.due is not None
    assert case.due > NOW


def test_a_column_the_file_does_not_have_is_said_before_anything_is_read() -> None:
    with pytest.raises(LogError) as told:
        taken(FLAT.replace("unit: Office", "unit: Ofice"), HEADER)
    assert (told.value.where, told.value.what) == ("line 1", "there is no column 'Ofice'.")
    assert "Did you mean 'Office'?" in told.value.remedy


def test_a_column_that_stands_twice_is_refused() -> None:
    with pytest.raises(LogError, match="the column 'No' stands twice"):
        taken(FLAT, HEADER.replace("Remark", "No"))


@pytest.mark.parametrize("log", [HEADER + '1,"x"y,', HEADER + '1,"never ends'])
def test_what_is_no_csv_says_where(log: str) -> None:
    with pytest.raises(LogError, match="line 2: this is not CSV"):
        taken(FLAT, log)


def test_a_log_in_another_writing_is_read_when_the_map_says_so_and_else_refused() -> None:
    line = (HEADER + "1,井盖,2025-01-01,,,,,,,,,new,\n").encode("gb18030")
    ((case,), _, _) = taken(FLAT.replace("format: csv", "format: csv\nencoding: gb18030"), line)
    assert case.case_type == "井盖"
    with pytest.raises(LogError, match=r"is not utf-8.* Say how the file is written"):
        taken(FLAT, line)


def test_other_cases_are_passed_over_without_a_word() -> None:
    only = FLAT + "only: [{from: Office, values: [Roads, Water]}]\n"
    rows = [f"{n},k,2025-01-01,,,{office},,,,,,new,\n" for n, office in enumerate(("Roads", "Parks", "Water", ""))]
    cases, refused, _ = taken(only, HEADER + "".join(rows))
    assert ([case.foreign for case in cases], refused) == (["0", "2"], [])


@pytest.mark.parametrize(
    ("times", "text"), [('"%d.%m.%Y %H:%M"', "01.01.2025 09:00"), ("epoch-s", "1735693200"), ("epoch-ms", "1735693200000")]
)
def test_times_are_read_as_the_map_says(times: str, text: str) -> None:
    ((case,), _, _) = taken(FLAT + f"times: {times}\n", HEADER + f"1,k,{text},,,,,,,,,new,\n")
    assert case.opened_at == NINE


def test_an_hour_that_comes_twice_is_its_first() -> None:
    found = FLAT.replace("Asia/Shanghai", "America/New_York")
    ((case,), _, _) = taken(found, HEADER + "1,k,2017-11-05 01:30,,,,,,,,,new,\n")
    assert iso(case.opened_at) == "2017-11-05T05:30:00+00:00"


# --- CSV, a row an event -----------------------------------------------------------------------------------------


def test_rows_of_a_case_are_its_steps_and_milestones_its_times() -> None:
    log = (
        "case,what,at,group,due\n"
        "7,ask,2025-01-01T00:00Z,desk,\n7,answer,2025-01-02T00:00Z,office,2025-01-01T12:00Z\n7,answer,2025-01-03T00:00Z,office,\n"
        "8,look,2025-01-04T00:00Z,,\n8,ask,2025-01-05T00:00Z,,\n"
    )
    (first, second), refused, _ = taken(EVENTS, log)
    midnight = instant("2025-01-01T00:00Z", None)  # type: ignore[arg-type]  # it says its own offset
    assert (first.state, first.opened_at, first.closed_at) == ("closed", midnight, midnight + 2 * DAY)
    assert first.steps[1] == ForeignStep(activity="answer", at=midnight + DAY, unit="office", due=midnight + span("12h"))
    assert (second.state, second.opened_at, second.closed_at) == ("open", midnight + 4 * DAY, None)
    assert refused == []


def test_a_case_that_comes_back_after_another_is_refused_with_its_row() -> None:
    log = "case,what,at,group,due\n1,ask,2025-01-01,,\n2,ask,2025-01-01,,\n1,answer,2025-01-02,,\n2,answer,2025-01-03,,\n"
    cases, refused, _ = taken(EVENTS, log)
    assert [(case.foreign, len(case.steps)) for case in cases] == [("1", 1), ("2", 2)]
    assert [(one.row, one.what) for one in refused] == [(4, "case '1' was over some rows before.")]
    assert "Sort" in refused[0].remedy


def test_a_bad_event_is_listed_and_its_case_kept_without_it() -> None:
    log = "case,what,at,group,due\n1,ask,2025-01-01,,\n1,look,soon,,\n1,,2025-01-02,,\n"
    (case,), refused, _ = taken(EVENTS, log)
    assert [step.activity for step in case.steps] == ["ask"]
    assert [one.what for one in refused] == [
        "event 2 of the case: 'soon' is no time as the map says.",
        "event 3 of the case: the activity is empty.",
    ]


def test_a_case_of_too_many_events_is_no_case(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_log, "MOST_EVENTS", 2)
    _, refused, _ = taken(EVENTS, "case,what,at,group,due\n" + "1,ask,2025-01-01,,\n" * 3)
    assert "has more than" in refused[0].what


# --- JSON --------------------------------------------------------------------------------------------------------

ONE = (
    '{"id": 7, "service": {"name": "Cave-in"}, "asked": "2025-01-01T00:00:00Z", "status": "closed", "notes": ['
    '{"type": "began", "at": "2025-01-02T00:00:00Z", "more": {"id": "8", "name": "Gas", "agency": "Utility"}},'
    '{"type": "began", "at": "2025-01-02T00:00:00Z", "more": {"id": "9"}},'
    '{"type": "ended", "at": "2025-01-03T00:00:00Z", "more": {"id": "8"}},'
    '{"type": "closed", "at": "2025-01-04T00:00:00Z", "by": {"name": "Li"}}]}'
)


def test_a_case_tells_of_its_children_by_its_events() -> None:
    (case,), refused, reader = taken(NOTES, f"[{ONE}]")
    opened = instant("2025-01-01T00:00Z", None)  # type: ignore[arg-type]  # it says its own offset
    assert (case.foreign, case.case_type, case.closed_at) == ("7", "Cave-in", opened + 3 * DAY)
    assert case.children == (
        ForeignChild(foreign="8", case_type="Gas", unit="Utility", opened_at=opened + DAY, closed_at=opened + 2 * DAY),
        ForeignChild(foreign="9", opened_at=opened + DAY),
    )
    assert (refused, reader.unseen) == ([], [])


@pytest.mark.parametrize("log", [f"[{ONE}]", f"\n [ {ONE}\n]\n", ONE, f"{ONE}\n", f"\ufeff{ONE}\n\n"])
def test_a_list_and_lines_are_read_alike_at_whatever_piece_they_are_cut(log: str, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = taken(NOTES, f"[{ONE}]")[0]
    assert taken(NOTES, log)[0] == expected
    monkeypatch.setattr(json_log, "CHUNK", 3)
    assert taken(NOTES, log)[0] == expected


def test_a_line_that_is_no_json_is_listed_and_the_others_kept() -> None:
    cases, refused, _ = taken(NOTES, f"{ONE}\n{ONE[:-9]}\n[]\n{ONE}\n")
    assert len(cases) == 2
    assert [one.row for one in refused] == [2, 3]
    assert "the line is no JSON" in refused[0].what
    assert "no object" in refused[1].what


@pytest.mark.parametrize(
    ("log", "what"),
    [
        ("", "the file is empty"),
        ("\n \n", "the file is empty"),
        (f"[{ONE}, {ONE[:-3]}", "row 2: the case is no JSON"),
        (f"[{ONE} {ONE}]", "row 1: behind the case there is neither a comma nor the end of the list"),
        (f"[{ONE},", "row 1: .*cut off|the list does not end"),
        ('[{"id": NaN}]', "NaN is no number of JSON"),
        ("[" + "[" * 100_000, "row 1: the case is no JSON"),
    ],
)
def test_a_list_that_is_none_says_where_it_breaks(log: str, what: str) -> None:
    with pytest.raises(LogError, match=what):
        taken(NOTES, log)


def test_a_case_larger_than_memory_should_hold_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_log, "MOST_BYTES", 1_000)
    monkeypatch.setattr(json_log, "CHUNK", 100)
    with pytest.raises(LogError, match="row 1: the case is no JSON"):
        taken(NOTES, '[{"id": "' + "x" * 5_000 + '"}]')
    with pytest.raises(LogError, match="the line is longer"):
        taken(NOTES, '{"id": "' + "x" * 5_000 + '"}')


def test_what_the_map_reads_and_nothing_has_is_told() -> None:
    *_, reader = taken(NOTES.replace("status", "state").replace("more.agency", "more.office"), f"[{ONE}]")
    assert reader.unseen == ["more.office", "state"]


# --- XES ---------------------------------------------------------------------------------------------------------

XES = """\
<?xml version="1.0"?>
<log xmlns="http://www.xes-standard.org/">
  <global scope="trace"><string key="concept:name" value="UNKNOWN"/></global>
  <trace>
    <string key="concept:name" value="17"/><string key="kind" value="building"><string key="kind" value="nested"/></string>
    <date key="start" value="2025-01-01T00:00:00+01:00"/>
    <event><string key="concept:name" value="ask"/><date key="time:timestamp" value="2025-01-01T00:00:00+01:00"/>
      <string key="org:resource" value="Li"/></event>
    <event><string key="concept:name" value="grant"/><date key="time:timestamp" value="2025-01-05T00:00:00+01:00"/>
      <date key="due" value="2025-01-04T00:00:00+01:00"/></event>
  </trace>
  <trace><string key="concept:name" value="18"/></trace>
</log>
"""


def test_a_trace_is_a_case_and_its_events_are_steps() -> None:
    (case,), refused, reader = taken(TRACES, XES)
    start = instant("2025-01-01T00:00:00+01:00", None)  # type: ignore[arg-type]  # it says its own offset
    assert (case.foreign, case.case_type, case.state, case.opened_at) == ("17", "building", "open", start)
    assert case.steps == (
        ForeignStep(activity="ask", at=start),
        ForeignStep(activity="grant", at=start + 4 * DAY, due=start + 3 * DAY),
    )
    assert [(one.row, one.what) for one in refused] == [(2, "the case does not say when it was opened.")]
    assert reader.unseen == ["end"]


def test_a_log_may_be_packed() -> None:
    assert taken(TRACES, gzip.compress(XES.encode()))[0] == taken(TRACES, XES)[0]
    with pytest.raises(LogError, match="the packed file is damaged or cut off"):
        taken(TRACES, gzip.compress(XES.encode())[:-20])


@pytest.mark.parametrize(
    ("log", "what"),
    [
        ("<html></html>", "this is no XES: it begins with <html>"),
        ("<log><trace></log>", "line 1: this is no XML"),
        (XES[:300], "this is no XML"),
        ("", "this is no XML"),
        ('<!DOCTYPE log [<!ENTITY a "aaaa">]><log/>', "the file has a document type"),
        ('<!DOCTYPE log SYSTEM "file:///etc/passwd"><log/>', "the file has a document type"),
    ],
)
def test_what_is_no_xes_is_refused(log: str, what: str) -> None:
    with pytest.raises(LogError, match=what):
        taken(TRACES, log)


# --- maps --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("map", "what"),
    [
        (TRACES.replace("due: due}", 'unit: "org:resource"}'), "map.yaml:4: 'org:resource' names who did it"),
        (FLAT.replace("unit: Office", "unit: case:Responsible"), "map.yaml:10: 'case:Responsible' names who did it"),
        (FLAT.replace("log: town-311", "log: town/311"), "map.yaml:1: 'town/311' is no name for a log"),
        (FLAT.replace("Asia/Shanghai", "Asia/Nowhere"), "map.yaml:3: there is no time zone 'Asia/Nowhere'"),
        (FLAT.replace("Asia/Shanghai", "../etc"), "there is no time zone"),
        (FLAT.replace("done: closed", "done: finished"), "state is open or closed, not 'finished'"),
        (FLAT.replace('otherwise: "no"', "otherwise: never"), "duplicate is yes or no, not 'never'"),
        (FLAT + "times: dmy\n", "'dmy' is no form of time"),
        (FLAT.replace("opened: Opened", "opend: Opened"), "'opend', which means nothing.*Did you mean 'opened'"),
        (FLAT.replace("  id: No\n", ""), r"has no 'id'"),
        (FLAT.replace("  opened: Opened\n", ""), "does not say when a case was opened"),
        (FLAT + "milestones: {done: closed}\n", "milestones and children come from events"),
        ("[1, 2", "cannot be read"),
    ],
)
def test_a_map_that_cannot_be_used_says_line_and_remedy(map: str, what: str) -> None:
    with pytest.raises(PackError, match=what):
        read_map(map, "map.yaml")


def test_the_maps_that_come_with_bihuan_can_be_read_and_take_no_persons(root: Path) -> None:
    paths = sorted((root / "examples" / "maps").glob("*.yaml"))
    maps = [read_map(path.read_text("utf-8"), path.name) for path in paths]
    assert [found.log for found in maps] == [path.stem for path in paths]
    assert len(maps) >= 5


def test_resources_may_be_made_units_by_name() -> None:
    units = TRACES.replace("due: due}", 'unit: {from: "org:resource", values: {Li: permits}, otherwise: other}}')
    ((case,), _, _) = taken(units, XES)
    assert [step.unit for step in case.steps] == ["permits", "other"]
