"""The recording and alerting rules: what they are, their thresholds, and the files Prometheus reads."""
