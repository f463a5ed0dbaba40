"""Names and numbers in a sentence: listed, counted, shortened, and what may have been meant."""

import difflib
from collections.abc import Hashable, Iterable, Mapping, Sequence


def nearest(name: str, known: Iterable[str]) -> str:
    """Return ``" Did you mean 'x'?"`` for the closest known name, or an empty text.

    >>> nearest("incme", ["income", "price"])
    " Did you mean 'income'?"
    """
    found = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f" Did you mean {found[0]!r}?" if found else ""


def listing(names: Iterable[object], limit: int = 8) -> str:
    """Join names with commas, the tail counted when there are more than `limit`.

    >>> listing(["a", "b", "c"], 2)
    'a, b, and 1 more'
    """
    words = [str(name) for name in names]
    if len(words) > limit:
        words = [*words[:limit], f"and {len(words) - limit} more"]
    return ", ".join(words)


def quoted(names: Sequence[Hashable], limit: int = 5) -> str:
    """Join names as they would stand in code, the tail counted when there are more than `limit`.

    >>> quoted(["a", 1, "c"], 2)
    "'a', 1 and 1 more"
    """
    text = ", ".join(repr(name) for name in names[:limit])
    return text if len(names) <= limit else f"{text} and {len(names) - limit} more"


def count(number: int, noun: str) -> str:
    """Return ``"1 row"`` or ``"2 rows"``.

    >>> count(1200, "row")
    '1,200 rows'
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def number(value: float, decimals: int = 4) -> str:
    """Write a number with `decimals` places, in powers of ten where that would hide it.

    >>> number(0.5), number(1e-9)
    ('0.5000', '1.00e-09')
    """
    if value != value:
        return ""
    if value == 0.0 or 10.0 ** (1 - decimals) <= abs(value) < 1e6:
        return f"{value:.{decimals}f}"
    return f"{value:.{max(decimals - 2, 1)}e}"


def shorten(
    names: Sequence[str], width: int, taken: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Give long names short ones of at most `width` characters, all distinct.

    Parameters
    ----------
    names : sequence of str
    width : int
    taken : mapping, optional
        Short names that stand for others already.

    Examples
    --------
    >>> shorten(["income", "infrastructure"], 8)
    {'income': 'income', 'infrastructure': 'inf…ture'}
    """
    used = dict(taken or {})
    short: dict[str, str] = {}
    for name in names:
        tail = width // 2
        text = name if len(name) <= width else f"{name[: width - tail - 1]}…{name[-tail:]}"
        alternative = 2
        while used.get(text, name) != name:
            mark = f"~{alternative}"
            text = f"{name[: width - len(mark)]}{mark}"
            alternative += 1
        used[text], short[name] = name, text
    return short
