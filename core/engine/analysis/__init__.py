"""An index under the analyst's eye: statistics, sensitivity, attribution, trends."""
