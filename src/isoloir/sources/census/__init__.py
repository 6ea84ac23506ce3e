"""INSEE census, incomes and grid."""
