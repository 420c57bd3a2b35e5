"""Ctrl-C once is a wish, twice an order, and the signals are given back."""

from __future__ import annotations

import os
import signal

import pytest

from aimanet.stop import StopRequest


def test_one_signal_asks_two_interrupt_and_the_handlers_return():
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with StopRequest() as stop:
        assert not stop.asked
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.asked
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
