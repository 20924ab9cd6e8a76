"""Words and numbers for readers, in Chinese and in English.

``zh.toml`` and ``en.toml`` hold every text under the same keys, `core.words.catalogue` looks them
up, `core.words.numbers` writes figures, and `core.words.language` what each language writes its
own way: names, periods, days and lists.
"""
