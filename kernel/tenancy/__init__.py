"""The customer's schema: chosen by the path or the token, created from a blueprint, guarded against mix-ups.

Together with `accounts.models` and the settings this package is the only place that knows django-tenants.
"""
