"""Where finished calls go: cells for metrics, spans, and the two ways out."""
