"""The live page's content in a terminal: `tachograph top`."""
