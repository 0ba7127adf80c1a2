"""What is told of the past: the summary, and the report with its score, findings and recommendations."""
