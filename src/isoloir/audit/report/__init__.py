"""Reports: what the evidence and the findings say, as pages, tables and a comparison. Pure: data in, text out."""
