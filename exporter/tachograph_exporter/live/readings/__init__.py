"""What the alerting rules' values are here: read from the rows, from the host's lines and from single families."""
