"""The caller's files as frames: what the command line takes.

Read `files`: by the file's ending, nothing in it evaluated.
"""

from coupling.reading.files import read_file
