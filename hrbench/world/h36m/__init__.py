"""One person in motion, seen by four cameras: Human3.6M."""
