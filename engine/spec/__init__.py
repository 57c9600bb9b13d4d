"""What a study's YAML says: models of its entries, read and checked before data are touched."""
