"""What every face may say of what compares, and of what does not."""
