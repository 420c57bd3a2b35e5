from __future__ import annotations

import threading

from aimanet.types import FaceCrop
from app.buffers import CropQueue, NewestSlot


def crop(index: int) -> FaceCrop:
    return FaceCrop(index, index / 30, None, None)


def indices(queue: CropQueue) -> list[int]:
    queue.finish()
    found = []
    while (item := queue.get()) is not None:
        found.append(item.index)
    return found


def test_the_newest_picture_replaces_the_unseen_one() -> None:
    slot: NewestSlot[int] = NewestSlot()
    assert slot.take() is None
    slot.put(1)
    slot.put(2)
    assert slot.take() == 2
    assert slot.take() is None


def test_a_full_queue_drops_the_oldest_and_counts_it() -> None:
    queue = CropQueue(capacity=3)
    for index in range(5):
        queue.put(crop(index))
    assert (len(queue), queue.dropped) == (3, 2)
    assert indices(queue) == [2, 3, 4]


def test_of_a_file_nothing_is_dropped_the_writer_waits() -> None:
    queue = CropQueue(capacity=2)
    writer = threading.Thread(target=lambda: [queue.put_waiting(crop(n)) for n in range(20)])
    writer.start()
    read = []
    while len(read) < 20:
        item = queue.get()
        assert item is not None
        assert len(queue) <= 2
        read.append(item.index)
    writer.join()
    assert read == list(range(20))
    assert queue.dropped == 0


def test_abort_frees_a_waiting_writer_and_a_waiting_reader() -> None:
    full, empty = CropQueue(capacity=1), CropQueue()
    full.put(crop(0))
    writer = threading.Thread(target=full.put_waiting, args=(crop(1),))
    reader = threading.Thread(target=empty.get)
    for thread in (writer, reader):
        thread.start()
    full.abort()
    empty.abort()
    for thread in (writer, reader):
        thread.join(10)
        assert not thread.is_alive()
    assert full.exhausted


def test_finish_lets_the_rest_be_read() -> None:
    queue = CropQueue()
    queue.put(crop(7))
    queue.finish()
    assert not queue.exhausted
    assert indices(queue) == [7]
    assert queue.exhausted


def test_a_nudge_wakes_the_reader_without_a_crop() -> None:
    queue = CropQueue()
    queue.nudge()
    assert queue.get() is None
    assert not queue.exhausted
