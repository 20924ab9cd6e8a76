"""An index as its TOML file declares it."""
