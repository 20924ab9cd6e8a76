"""The polite client: bounded, guarded, and safe to call from many threads."""
