"""The Django project: settings, urls, pages, API, templates."""
