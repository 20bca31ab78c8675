"""Long work as its caller sees it: how far it is, and a way to stop it."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager

from .errors import ArgumentTypeError

Progress = bool | Callable[[int, int], None]
"""True for a progress bar, a function of (done, total), or False."""


@contextmanager
def watching(
    progress: Progress, total: int, label: str
) -> Generator[Callable[[], object], None, None]:
    """Give the body a function to call after each piece of work."""
    if progress is True:
        from tqdm.auto import tqdm

        with tqdm(total=total, desc=label) as bar:
            yield bar.update
        return
    done = 0

    def tick() -> None:
        nonlocal done
        done += 1
        if callable(progress):
            progress(done, total)

    yield tick


def checked_progress(progress: object) -> None:
    """Refuse what is neither a switch nor a function, before any work is done."""
    if not isinstance(progress, bool) and not callable(progress):
        msg = (
            f"progress is True, False or a function of (done, total), got {type(progress).__name__}"
        )
        raise ArgumentTypeError(msg)
