"""What is known of third parties, cookies and storage keys: two lists kept by hand, written for this project."""
