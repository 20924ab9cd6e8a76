"""From a source to stored figures: due, tasks, pages, gate, derive, importing, isolation."""
