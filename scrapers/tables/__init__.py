"""Tables as grids of cells: HTML pages, workbooks, CSV and other files."""
