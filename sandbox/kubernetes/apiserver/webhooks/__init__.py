"""Admission webhooks: which ones a write concerns, what they are asked, and what their answers make of it."""
