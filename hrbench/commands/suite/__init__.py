"""Many runs by one file: what has ended is kept, the rest goes on."""
