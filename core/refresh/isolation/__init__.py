"""Running the code of plugins that are not our own in processes that can be killed."""
