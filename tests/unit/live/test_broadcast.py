"""Turns from the loop's thread to listeners: order, bounds, and being told when something was missed."""

import asyncio
from collections.abc import Coroutine
from threading import Thread
from typing import Any

import pytest

from bihuan.live.broadcast import Broadcast, DemoSet, Ended, Item, Reset, Subscription, TooManyListeners, Turned


def run(story: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(story, 5))


async def heard(listener: Subscription) -> list[object]:
    """All that waits, in short: the number of a turn, or the item."""
    out: list[object] = []
    while (item := await listener.next(0.02)) is not None:
        out.append(short(item))
        if isinstance(item, Ended):
            break
    return out


def short(item: Item) -> object:
    return item.seq if isinstance(item, Turned) else item


def fill(broadcast: Broadcast, *seqs: int) -> None:
    for seq in seqs:
        broadcast.publish(seq, f"change {seq}", 1000 + seq)


def test_it_works_from_another_thread() -> None:
    async def story() -> None:
        broadcast = Broadcast()
        listener = broadcast.subscribe()
        thread = Thread(target=fill, args=(broadcast, 1, 2, 5))
        thread.start()
        items = [await listener.next(5) for _ in range(3)]
        thread.join()
        assert [(item.seq, item.change, item.now) for item in items] == [
            (1, "change 1", 1001),
            (2, "change 2", 1002),
            (5, "change 5", 1005),
        ]
        assert await listener.next(0.01) is None

    run(story())


def test_every_listener_hears_everything_from_then_on() -> None:
    async def story() -> None:
        broadcast = Broadcast()
        first = broadcast.subscribe()
        fill(broadcast, 1)
        second = broadcast.subscribe()
        fill(broadcast, 2)
        broadcast.publish_demo("demo")
        assert await heard(first) == [1, 2, DemoSet(demo="demo")]
        assert await heard(second) == [2, DemoSet(demo="demo")]

    run(story())


@pytest.mark.parametrize(
    ("after", "expected"),
    [(4, [6, 8, 9]), (6, [8, 9]), (7, [8, 9]), (9, []), (3, [Reset(seq=9)]), (10, [Reset(seq=9)]), (None, [])],
)
def test_who_was_cut_off_goes_on_or_is_told_to_begin_anew(after: int | None, expected: list[object]) -> None:
    async def story() -> None:
        broadcast = Broadcast(2, kept=3)
        fill(broadcast, 3, 4, 6, 8, 9)
        listener = broadcast.subscribe(after)
        assert await heard(listener) == expected
        fill(broadcast, 12)
        assert await heard(listener) == [12]

    run(story())


def test_before_the_first_turn_only_the_newest_fact_can_be_gone_on_from() -> None:
    async def story() -> None:
        broadcast = Broadcast(100)
        assert await heard(broadcast.subscribe(100)) == []
        assert await heard(broadcast.subscribe(99)) == [Reset(seq=100)]
        assert await heard(broadcast.subscribe(0)) == [Reset(seq=100)]

    run(story())


def test_a_slow_listener_is_reset_and_the_others_are_not() -> None:
    async def story() -> None:
        broadcast = Broadcast(kept=3)
        slow, quick = broadcast.subscribe(), broadcast.subscribe()
        for seq in range(1, 6):
            fill(broadcast, seq)
            assert await heard(quick) == [seq]
        assert await heard(slow) == [Reset(seq=4), 5]

    run(story())


def test_a_full_queue_still_takes_the_end() -> None:
    async def story() -> None:
        broadcast = Broadcast(kept=2)
        listener = broadcast.subscribe()
        fill(broadcast, 1, 2)
        broadcast.close()
        assert await heard(listener) == [1, 2, Ended()]
        assert await heard(broadcast.subscribe(1)) == [Ended()]

    run(story())


def test_when_the_centre_went_back_everybody_begins_anew() -> None:
    async def story() -> None:
        broadcast = Broadcast()
        listener = broadcast.subscribe()
        fill(broadcast, 1, 2, 3)
        fill(broadcast, 2)
        assert await heard(listener) == [1, 2, 3, Reset(seq=2)]
        assert await heard(broadcast.subscribe(1)) == [Reset(seq=2)]
        assert await heard(broadcast.subscribe(3)) == [Reset(seq=2)]

    run(story())


def test_a_turn_without_facts_is_told_but_not_kept() -> None:
    async def story() -> None:
        broadcast = Broadcast()
        fill(broadcast, 1)
        listener = broadcast.subscribe(0)
        fill(broadcast, 1)
        assert await heard(listener) == [1, 1]
        assert await heard(broadcast.subscribe(0)) == [1]

    run(story())


def test_there_is_a_bound_to_listeners_and_who_leaves_makes_room() -> None:
    async def story() -> None:
        broadcast = Broadcast(listeners=2)
        first, _ = broadcast.subscribe(), broadcast.subscribe()
        with pytest.raises(TooManyListeners):
            broadcast.subscribe()
        first.close()
        first.close()
        broadcast.subscribe()
        assert len(broadcast) == 2

    run(story())


def test_a_listener_whose_loop_has_ended_stops_nobody() -> None:
    broadcast = Broadcast()

    async def listen() -> None:
        broadcast.subscribe()

    asyncio.run(listen())
    fill(broadcast, 1)

    async def story() -> None:
        assert await heard(broadcast.subscribe(0)) == [1]

    run(story())
