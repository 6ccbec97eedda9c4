"""Run a loop in virtual time: recorded readings, scenario tests, the storm with its seeded cast of posts."""
