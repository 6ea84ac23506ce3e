"""Rule packs: which obligations are judged together, and the dated rules of `isoloir.law` that they stand on."""
