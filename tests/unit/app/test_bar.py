"""The bar: how far and how much longer on a terminal, every tenth elsewhere."""

import io

from bihuan.app.bar import Bar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Watch:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_a_terminal_sees_one_line_with_how_far_and_how_much_longer() -> None:
    out, watch = Terminal(), Watch()
    bar = Bar("readings", 2_000, out=out, clock=watch)
    watch.seconds = 30.0
    bar.show(500)
    assert out.getvalue() == "\r  readings [######                   ] 500/2,000    1:30 left"
    watch.seconds = 100.0
    bar.show(2_000)
    assert out.getvalue().endswith("\r  readings [#########################] 2,000/2,000  1:40 in all\n")


def test_a_terminal_is_not_written_to_at_every_reading() -> None:
    out, watch = Terminal(), Watch()
    bar = Bar("readings", 100_000, out=out, clock=watch)
    for done in range(1, 1_000):
        watch.seconds = done * 0.001
        bar.show(done)
    assert 5 <= out.getvalue().count("\r") <= 10


def test_a_log_sees_every_tenth_once() -> None:
    out = io.StringIO()
    bar = Bar("readings", 1_000, out=out, clock=Watch())
    for done in range(1, 1_001):
        bar.show(done)
    lines = out.getvalue().splitlines()
    assert len(lines) == 10
    assert (lines[0], lines[-1]) == ("  readings: 10 % (100/1,000)", "  readings: 100 % (1,000/1,000)")


def test_large_steps_skip_tenths() -> None:
    out = io.StringIO()
    bar = Bar("readings", 10, out=out, clock=Watch())
    bar.show(4)
    bar.show(10)
    assert out.getvalue().splitlines() == ["  readings: 40 % (4/10)", "  readings: 100 % (10/10)"]
