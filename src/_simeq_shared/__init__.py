"""What simeq and coupling share. Private: each library's own files are the doors to it.

Read `words` and `warning` (what is said, and at which line), then `printed_table`, `data_files` and
`colours`. It imports neither library; both import it.
"""
