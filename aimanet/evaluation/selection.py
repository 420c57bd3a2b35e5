"""Which recordings of a folder are evaluated."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path

from aimanet.datasets.base import Found, Recording
from aimanet.datasets.registry import ARRAYS, DATASETS, parse_spec
from aimanet.evaluation.profiles import EvaluationError
from aimanet.evaluation.results import Skipped
from aimanet.evaluation.runner import Selection


def select(
    specs: Sequence[str], subjects: Sequence[str] = (), *, include_excluded: bool = False
) -> list[Selection]:
    """Finds the recordings behind ``NAME=DIR`` or ``DIR`` specs.

    Args:
        specs: data sets as on the command line.
        subjects: only these persons; all where empty.
        include_excluded: also what the data set's authors leave out.

    Raises:
        DatasetError: a folder that is missing or that nobody recognises.
        EvaluationError: nothing in it can be evaluated, or an unknown subject.
    """
    found = [(*parse_spec(spec), spec) for spec in specs]
    labels = _labels([(name, root) for name, root, _ in found])
    selections, known = [], set()
    for (name, root, spec), label in zip(found, labels, strict=True):
        if name == ARRAYS:
            raise EvaluationError(
                f"{spec}: arrays of the original recipe have no frames to read a pulse from; "
                "score waves with --predictions"
            )
        here = DATASETS[name].find(root)
        known |= {r.subject for r in here.recordings}
        selections.append(_select(label, here, subjects, include_excluded))
    _check_subjects(subjects, known)
    if not any(s.recordings for s in selections):
        raise EvaluationError(f"{' '.join(specs)}: {_nothing(selections)}")
    return selections


def _select(label: str, found: Found, subjects: Sequence[str], include_excluded: bool) -> Selection:
    chosen, skipped = [], [Skipped(p.path.name, p.text) for p in found.problems if p.fatal]
    for recording in found.recordings:
        if subjects and recording.subject not in subjects:
            continue
        reason = _why_not(recording, include_excluded)
        if reason:
            skipped.append(Skipped(recording.name, reason))
        else:
            chosen.append(recording)
    return Selection(label, tuple(chosen), tuple(skipped))


def _why_not(recording: Recording, include_excluded: bool) -> str:
    if recording.label is None:
        return "unlabelled: no contact sensor's file"
    if recording.excluded and not include_excluded:
        return f"excluded: {recording.excluded} (--include-excluded takes it)"
    return ""


def _labels(found: Sequence[tuple[str, Path]]) -> list[str]:
    """The names of rows: the data set, with its folder where one data set comes twice."""
    names = [name for name, _ in found]
    return [f"{n} ({root.name})" if names.count(n) > 1 else n for n, root in found]


def _check_subjects(subjects: Sequence[str], known: set[str]) -> None:
    for subject in subjects:
        if subject not in known:
            near = difflib.get_close_matches(subject, known, n=1)
            some = ", ".join(sorted(known)[:8])
            hint = f"did you mean {near[0]}?" if near else f"there are {some}"
            raise EvaluationError(f"no subject {subject!r} in the data: {hint}")


def _nothing(selections: Sequence[Selection]) -> str:
    skipped = [s for selection in selections for s in selection.skipped]
    if not skipped:
        return "no recordings of these subjects in it"
    more = f" (and {len(skipped) - 1} more)" if len(skipped) > 1 else ""
    return f"nothing to evaluate; {skipped[0].video}: {skipped[0].reason}{more}"
