"""The authorities to which anybody may complain about how their personal data are used (D14; GDPR 77).

Those of the member states of the European Union and the European Economic Area. An address stands here only where it
is known for sure; the website always tells it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Authority:
    """A supervisory authority, by the name it has in its own language."""

    country: str
    name: str
    website: str
    address: str = ""


AUTHORITIES: dict[str, Authority] = {
    each.country: each
    for each in (
        Authority("AT", "Datenschutzbehörde", "https://www.dsb.gv.at/", "Barichgasse 40–42, 1030 Wien"),
        Authority(
            *("BE", "Autorité de protection des données / Gegevensbeschermingsautoriteit"),
            *("https://www.dataprotectionauthority.be/", "Rue de la Presse 35, 1000 Bruxelles"),
        ),
        Authority("BG", "Комисия за защита на личните данни", "https://www.cpdp.bg/"),
        Authority(
            "CY", "Γραφείο Επιτρόπου Προστασίας Δεδομένων Προσωπικού Χαρακτήρα", "https://www.dataprotection.gov.cy/"
        ),
        Authority("CZ", "Úřad pro ochranu osobních údajů", "https://uoou.gov.cz/", "Pplk. Sochora 27, 170 00 Praha 7"),
        Authority(
            *("DE", "Die Bundesbeauftragte für den Datenschutz und die Informationsfreiheit"),
            *("https://www.bfdi.bund.de/", "Graurheindorfer Straße 153, 53117 Bonn"),
        ),
        Authority("DK", "Datatilsynet", "https://www.datatilsynet.dk/", "Carl Jacobsens Vej 35, 2500 Valby"),
        Authority("EE", "Andmekaitse Inspektsioon", "https://www.aki.ee/", "Tatari 39, 10134 Tallinn"),
        Authority(
            "ES", "Agencia Española de Protección de Datos", "https://www.aepd.es/", "C/ Jorge Juan 6, 28001 Madrid"
        ),
        Authority("FI", "Tietosuojavaltuutetun toimisto", "https://tietosuoja.fi/"),
        Authority(
            *("FR", "Commission nationale de l’informatique et des libertés", "https://www.cnil.fr/"),
            "3 place de Fontenoy, TSA 80715, 75334 Paris Cedex 07",
        ),
        Authority("GR", "Αρχή Προστασίας Δεδομένων Προσωπικού Χαρακτήρα", "https://www.dpa.gr/"),
        Authority("HR", "Agencija za zaštitu osobnih podataka", "https://azop.hr/"),
        Authority("HU", "Nemzeti Adatvédelmi és Információszabadság Hatóság", "https://www.naih.hu/"),
        Authority("IE", "Data Protection Commission", "https://www.dataprotection.ie/"),
        Authority("IS", "Persónuvernd", "https://www.personuvernd.is/"),
        Authority(
            *("IT", "Garante per la protezione dei dati personali", "https://www.garanteprivacy.it/"),
            "Piazza Venezia 11, 00187 Roma",
        ),
        Authority("LI", "Datenschutzstelle Fürstentum Liechtenstein", "https://www.datenschutzstelle.li/"),
        Authority(
            *("LT", "Valstybinė duomenų apsaugos inspekcija", "https://vdai.lrv.lt/"),
            "L. Sapiegos g. 17, 10312 Vilnius",
        ),
        Authority("LU", "Commission nationale pour la protection des données", "https://cnpd.public.lu/"),
        Authority("LV", "Datu valsts inspekcija", "https://www.dvi.gov.lv/", "Elijas iela 17, Rīga, LV-1050"),
        Authority("MT", "Office of the Information and Data Protection Commissioner", "https://idpc.org.mt/"),
        Authority("NL", "Autoriteit Persoonsgegevens", "https://www.autoriteitpersoonsgegevens.nl/"),
        Authority("NO", "Datatilsynet", "https://www.datatilsynet.no/"),
        Authority("PL", "Prezes Urzędu Ochrony Danych Osobowych", "https://uodo.gov.pl/"),
        Authority("PT", "Comissão Nacional de Proteção de Dados", "https://www.cnpd.pt/"),
        Authority(
            *("RO", "Autoritatea Naţională de Supraveghere a Prelucrării Datelor cu Caracter Personal"),
            "https://www.dataprotection.ro/",
        ),
        Authority("SE", "Integritetsskyddsmyndigheten", "https://www.imy.se/", "Box 8114, 104 20 Stockholm"),
        Authority("SI", "Informacijski pooblaščenec", "https://www.ip-rs.si/"),
        Authority("SK", "Úrad na ochranu osobných údajov Slovenskej republiky", "https://dataprotection.gov.sk/"),
    )
}

# The country that a language tells, where it is spoken in one alone.
_BY_LANGUAGE = {"lt": "LT", "lv": "LV", "et": "EE", "pl": "PL", "fi": "FI"}


def authority_of(*countries: str, language: str = "") -> Authority | None:
    """The authority of the first of these countries that has one, or else of the language's; None for neither.

    Codes are ISO 3166, in any case. A country chosen goes before a language, and an empty code is no choice.
    """
    for country in (*countries, _BY_LANGUAGE.get(language[:2], "")):
        if found := AUTHORITIES.get(country.upper()):
            return found
    return None
