"""From a panel of indicators to coupling coordination degrees."""

__all__: list[str] = []
