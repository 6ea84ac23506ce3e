"""The audit of websites: a real browser visits, evidence is kept, findings are judged from the evidence alone."""
