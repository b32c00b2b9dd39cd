"""What is this document? A library with no database, no network, no settings and no Airflow."""
