"""The steps of an index, each a function with the source of its formula."""
