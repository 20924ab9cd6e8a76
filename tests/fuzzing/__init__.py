"""Fuzzing: every parser of foreign bytes, with mutated samples and with bombs."""
