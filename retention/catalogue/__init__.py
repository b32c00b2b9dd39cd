"""The only room that speaks SQL: what was found, read, judged, decided and moved, and who did it."""

from retention.catalogue.store import Catalogue, CatalogueDamagedError, CatalogueError, open_catalogue

__all__ = ["Catalogue", "CatalogueDamagedError", "CatalogueError", "open_catalogue"]
