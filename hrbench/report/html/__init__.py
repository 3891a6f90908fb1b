"""The report as one HTML file: what is on its pages, and how they are written."""
