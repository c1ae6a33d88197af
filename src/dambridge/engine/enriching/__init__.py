"""Flow enrich: what the map derives from the source's fields stands in the record copies, beside what their people set."""
