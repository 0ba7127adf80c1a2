"""What a host and a service cost in Prometheus: series, samples and bytes."""
