"""One catalogue of words and numbers, in Chinese and in English."""
