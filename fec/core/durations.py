"""Lengths of time, in seconds."""

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WEEK = 7 * DAY
#: Of 365 days.
YEAR = 365 * DAY
