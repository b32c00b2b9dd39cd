"""The DAGs, and the launcher that runs them in a real Airflow."""
