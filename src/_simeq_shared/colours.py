"""Colours of pictures that colour-blind readers and grey prints tell apart."""

#: Lines and bars: the palette of Okabe and Ito, and a marker of its own for each.
SERIES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = "os^Dv*P"

#: Colour maps of matplotlib: from bad to good, from −1 to 1; and what is missing.
LEVELS = "BrBG"
CORRELATION = "RdBu_r"
MISSING = "#BBBBBB"
