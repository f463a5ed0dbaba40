"""The tables that a summary prints, with their titles and notes."""

from collections.abc import Mapping

import pandas as pd

from coupling.tables import Report, Table


def summary_report(
    index: pd.Index, weights: pd.DataFrame, by_time: pd.DataFrame, shares: pd.DataFrame,
    regional: Mapping[str, pd.DataFrame],
) -> Report:  # fmt: skip
    """Weights, years, regions by the name of their grouping, obstacles.

    Parameters
    ----------
    index : MultiIndex, (n,)
        Unit and time.
    weights, by_time, shares : DataFrame
        Of indicators; by time; mean obstacle degrees.
    regional : mapping name → DataFrame
        Times by groups.
    """
    unit, time = index.names
    n_units, n_times = (index.get_level_values(depth).nunique() for depth in (0, 1))
    sample = f"{n_units} × {unit}, {n_times} × {time}, n = {len(index)}"
    title = f"Coupling coordination by {time}: mean indices, mean C, T and D"
    return Report(
        [
            Table("Weights inside each subsystem", weights, sample, 4),
            Table(title, by_time, "level and label are those of the mean D"),
            *(Table(f"Mean D by {time} and {by}", frame) for by, frame in regional.items()),
            Table("Mean obstacle degrees", shares, "share of the gap between T and 1"),
        ]
    )
