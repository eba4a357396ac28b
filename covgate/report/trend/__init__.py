"""The trend: its page, its pictures, its badge."""
