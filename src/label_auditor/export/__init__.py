"""Translations of an audit into the records of annotation tools."""
