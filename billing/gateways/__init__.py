"""Where billing reaches outside: VIES, banks, card companies, and the XML they and invoices speak."""
