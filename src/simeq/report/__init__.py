"""Numbers and names as tables of text. Nothing here knows a result.

Read `printed_table` (a table of text, with a renderer for each format), `pairs_table` (numbers over
pairs of names), and `summary` (a report as statsmodels' tables).
"""
