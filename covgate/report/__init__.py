"""Reports: `ReportView` holds every word and decision; the renderings loop and print."""
