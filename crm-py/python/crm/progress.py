"""Progress of long readings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["OnProgress", "watching"]

OnProgress = Callable[[int, int | None], object]
"""Called with the rows read so far and the rows in all, `None` if the source does not say."""


@contextmanager
def watching(progress: bool | OnProgress) -> Iterator[OnProgress | None]:
    """The callback for an argument `progress`: itself, a tqdm bar for `True`, nothing for `False`."""
    if not isinstance(progress, bool):
        yield progress
        return
    if not progress:
        yield None
        return
    try:
        from tqdm.auto import tqdm
    except ImportError as error:
        raise ImportError("progress=True needs tqdm: pip install 'crm[progress]'") from error

    with tqdm(unit=" rows", unit_scale=True) as bar:

        def show(rows: int, total: int | None) -> None:
            bar.total = total
            bar.update(rows - bar.n)

        yield show
