"""The API's description (OpenAPI 3.1), as tables; `make page` packs it for the flash."""
