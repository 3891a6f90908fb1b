"""Files from elsewhere: fetched when asked for, resumed after a cut, checked by their hash."""
