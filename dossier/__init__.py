"""The roof: the pipeline from raw data to SDTM, ADaM and their documents, and the command line."""
