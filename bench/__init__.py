"""What covgate costs, measured on generated repositories."""
