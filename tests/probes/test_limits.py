"""Slots: never more than allowed at work at once; a long wait hands its slot on; cancelling cancels."""

import asyncio

import pytest

from probes.limits import Slots


def test_no_more_than_the_allowed_number_run_at_once() -> None:
    async def main() -> int:
        slots, running, most = Slots(3, slot_seconds=60), 0, 0

        async def work() -> None:
            nonlocal running, most
            running += 1
            most = max(most, running)
            for _ in range(3):
                await asyncio.sleep(0)
            running -= 1

        await asyncio.gather(*(slots.run(work) for _ in range(20)))
        return most

    assert asyncio.run(main()) == 3


def test_a_long_wait_hands_its_slot_on() -> None:
    async def main() -> list[str]:
        slots, order, release = Slots(1, slot_seconds=0), [], asyncio.Event()

        async def waits() -> None:
            await release.wait()
            order.append("waited")

        async def quick() -> None:
            order.append("quick")
            release.set()

        await asyncio.gather(slots.run(waits), slots.run(quick))
        return order

    assert asyncio.run(main()) == ["quick", "waited"]


def test_cancelling_the_waiter_cancels_the_work() -> None:
    async def main() -> bool:
        cancelled = False

        async def work() -> None:
            nonlocal cancelled
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                cancelled = True
                raise

        task = asyncio.ensure_future(Slots(1).run(work))
        for _ in range(3):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return cancelled

    assert asyncio.run(main())
