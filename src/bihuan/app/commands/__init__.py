"""What the commands of the command line do, one module a theme; loaded only when called."""
