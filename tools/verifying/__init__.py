"""What `tools/verify_report.py` checks a bundle with: nothing of Steelyard."""
