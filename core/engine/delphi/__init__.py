"""What a panel of experts says: how far it agrees, and which weights follow from it."""
