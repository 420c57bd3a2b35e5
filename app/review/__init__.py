"""The sessions page: what was recorded, looked at again, compared and passed on."""
