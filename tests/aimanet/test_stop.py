"""Ctrl-C once is a wish, twice an order, and the signals are given back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap

import pytest

from aimanet.stop import StopRequest

ENDS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


def run_python(code: str, *, ignore_hangup: bool = False) -> subprocess.CompletedProcess[str]:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN) if ignore_hangup else None
    try:
        return subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code)],
            capture_output=True,
            text=True,
            timeout=60,
        )
    finally:
        if ignore_hangup:
            signal.signal(signal.SIGHUP, before)


def test_one_signal_asks_two_interrupt_and_the_handlers_return():
    before = [signal.getsignal(number) for number in ENDS]
    with StopRequest() as stop:
        assert not stop.asked
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.asked
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert [signal.getsignal(number) for number in ENDS] == before


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_scheduler_that_signals_twice_asks_once(number):
    with StopRequest() as stop:
        os.kill(os.getpid(), number)
        os.kill(os.getpid(), number)
        assert stop.asked


@pytest.mark.parametrize("number", ENDS)
def test_a_wait_in_which_nothing_is_half_done_is_interrupted(number):
    with StopRequest(patient=True) as stop:
        with pytest.raises(KeyboardInterrupt), stop.at_once():
            os.kill(os.getpid(), number)
        assert stop.asked
        with pytest.raises(KeyboardInterrupt), stop.at_once():
            pytest.fail("the wish from before was not heard")
        os.kill(os.getpid(), number)  # outside it is a wish again


def test_tidying_up_is_not_interrupted_by_a_second_signal():
    done = run_python(
        """
        import os, signal
        from aimanet.stop import Interruption, listen
        listen(Interruption())
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        except KeyboardInterrupt:
            os.kill(os.getpid(), signal.SIGTERM)
            print("tidy")
        """
    )
    assert (done.stdout, done.stderr) == ("tidy\n", "")


def test_an_import_is_interrupted_when_it_is_over(tmp_path):
    module = """
        import os, signal
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        except BaseException:
            pass
        """
    (tmp_path / "swallows.py").write_text(textwrap.dedent(module))
    done = run_python(
        f"""
        import sys, time
        from aimanet.stop import Interruption, listen
        listen(Interruption())
        sys.path.insert(0, {str(tmp_path)!r})
        try:
            import swallows
            time.sleep(30)
        except KeyboardInterrupt:
            print("heard", "swallows" in sys.modules)
        """
    )
    assert done.stdout == "heard True\n"


def test_an_interruption_that_waits_is_not_lost_when_the_window_takes_the_signals(tmp_path):
    (tmp_path / "slow.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGTERM)\n")
    done = run_python(
        f"""
        import sys, time
        from aimanet.stop import Interruption, listen
        from aimanet.terminal.desktop import open_window
        listen(Interruption())
        sys.path.insert(0, {str(tmp_path)!r})
        import slow
        def load():
            time.sleep(1)
            print("loaded all the same")
            raise ImportError
        try:
            open_window(load)
        except KeyboardInterrupt:
            print("heard")
        """
    )
    assert done.stdout == "heard\n"


def test_what_nohup_ignores_stays_ignored():
    code = """
        import os, signal
        from aimanet.stop import StopRequest
        with StopRequest() as stop:
            os.kill(os.getpid(), signal.SIGHUP)
            print(stop.asked)
        """
    assert run_python(code, ignore_hangup=True).stdout == "False\n"
    assert run_python(code).stdout == "True\n"
