"""Tables as people have them: downloaded, typed, sent along, with a title above and notes below.

Nothing here knows a city or an indicator: `sheets` opens a file, `table` tells its head from its
body, and `words` says what a heading such as 城市, year or 单位 stands for.
"""
