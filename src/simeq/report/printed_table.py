"""Printed tables and what stands in their cells: the model of both libraries, in simeq's style."""

from _simeq_shared.printed_table import PrintedTable as PrintedTable
from _simeq_shared.printed_table import Section as Section
from _simeq_shared.words import number as number
from _simeq_shared.words import shorten as shorten
