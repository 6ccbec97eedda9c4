"""YAML of packs: plain values, lines, caps."""

from pathlib import Path

import pytest

from bihuan.model.errors import PackError
from bihuan.pack.yaml_text import read_yaml


def wrong(text: str) -> str:
    with pytest.raises(PackError) as caught:
        read_yaml(text, "packs/p/f.yaml")
    return str(caught.value)


def test_text_that_looks_like_a_date_a_clock_or_a_code_stays_text() -> None:
    text = "day: 2025-09-01\nclock: 2025-09-01T02:00:00Z\nhalf: 1:30\ncode: 0101\nhex: 0x1F\nyes: on\nno: off\ninf: .inf\n"
    assert read_yaml(text, "f").value == {
        "day": "2025-09-01",
        "clock": "2025-09-01T02:00:00Z",
        "half": "1:30",
        "code": "0101",
        "hex": "0x1F",
        "yes": "on",
        "no": "off",
        "inf": ".inf",
    }


def test_numbers_booleans_and_nothing_are_read() -> None:
    text = 'a: 5\nb: -1.5e3\nc: true\nd: ~\ne:\nf: "5"\ng: [1, .5]\n1: x\n'
    expected = {"a": 5, "b": -1500.0, "c": True, "d": None, "e": None, "f": "5", "g": [1, 0.5], "1": "x"}
    assert read_yaml(text, "f").value == expected
    assert read_yaml("", "f").value is None


def test_every_value_knows_its_line() -> None:
    document = read_yaml("plans:\n  - id: a\n    steps:\n      - to:\n          role: pump\n  - id: b\n", "packs/p/f.yaml")
    assert document.where(("plans", 0, "steps", 0, "to", "role")) == "packs/p/f.yaml:5"
    assert document.where(("plans", 1)) == "packs/p/f.yaml:6"
    assert document.where(("plans", 0, "missing", 3)) == "packs/p/f.yaml:2"
    assert document.where() == "packs/p/f.yaml:1"


def test_a_key_written_twice_is_refused_with_its_line() -> None:
    assert wrong("a: 1\nb:\n  c: 1\n  c: 2\n") == "packs/p/f.yaml:4: the key 'c' stands here twice. Keep one of them."


def test_a_file_over_one_mebibyte_is_refused() -> None:
    assert "packs/p/f.yaml: the file is larger than 1 MiB." in wrong("#" * (1 << 20) + "\n")


def test_deep_nesting_is_refused_and_does_not_exhaust_the_stack() -> None:
    assert "this is nested deeper than 30 levels" in wrong("[" * 5_000)
    assert "packs/p/f.yaml:2: " in wrong("a:\n  " + "[" * 40 + "]" * 40)


def test_an_alias_bomb_is_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    assert "aliases repeat more than 1000 values here. Write the values out" in wrong("\n".join(lines))


def test_a_list_that_contains_itself_is_refused() -> None:
    assert "aliases repeat more than" in wrong("a: &a [*a]")


def test_a_modest_alias_is_fine() -> None:
    assert read_yaml("a: &a {x: 1}\nb: *a\n", "f").value == {"a": {"x": 1}, "b": {"x": 1}}


def test_tags_that_make_objects_are_refused() -> None:
    assert "the tag 'tag:yaml.org,2002:python/object/apply:os.system' is not allowed." in wrong(
        "a: !!python/object/apply:os.system [x]"
    )
    assert "packs/p/f.yaml:2: the tag '!secret' is not allowed." in wrong("x: 1\na: !secret b")


def test_numbers_that_cannot_be_compared_are_refused() -> None:
    assert "'1e999' is not a number that can be compared." in wrong("a: 1e999")
    assert "cannot be read as int." in wrong("a: " + "9" * 5_000)
    assert "'x' cannot be read as a number." in wrong("a: !!int x")


def test_syntax_errors_say_the_line_and_what_to_look_at() -> None:
    assert wrong("a: 1\nb: [1, 2\nc: 3\n").startswith("packs/p/f.yaml:3: the YAML cannot be read: ")
    assert wrong("a:\n\tb: 1\n") == "packs/p/f.yaml:2: there is a tab where YAML wants spaces. Indent with spaces."
    assert wrong("a: 1\n---\nb: 2\n") == (
        "packs/p/f.yaml:2: a second YAML document begins here. Put it into a file of its own, or remove the '---'."
    )
    assert wrong("a: \x00") == (
        "packs/p/f.yaml: this is not YAML: unacceptable character #x0000: special characters are not allowed. "
        "Save it as plain UTF-8 text."
    )
    assert "a key must be a plain word." in wrong("[1, 2]: x")


SAMES = [
    *(path.read_text("utf-8") for path in sorted((Path(__file__).parents[3] / "packs").glob("[bh]*/**/*.yaml"))),
    "a: [1, 'x', \"y\\n\", |\n",
    "a: &x {b: [1, 2.5, ~, true, 0101]}\nc: *x\nd: |\n  two\n  lines\ne: >-\n  folded\n  text\n? long\n: f\n",
    "- 1\n- - 2\n  - {a: }\n# end\n",
    "a: *nobody",
    "a: &x 1\nb: &x 2\n",
    "a: 1\n---\nb: 2\n",
    "",
    "a:\n\t- b\n",
    "[" * 40,
]


@pytest.mark.parametrize("text", SAMES)
def test_libyaml_and_plain_python_read_the_same(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def read() -> object:
        try:
            document = read_yaml(text, "f")
        except PackError as error:
            return str(error)
        keys = document.value if isinstance(document.value, dict) else {}
        return document.value, [document.line((key, 0)) for key in keys]

    fast = read()
    monkeypatch.setattr("yaml.__with_libyaml__", False)
    assert read() == fast
