"""Migrations of the office."""
