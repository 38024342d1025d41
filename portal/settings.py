"""All settings, each an environment variable described in docs/settings.md."""

from __future__ import annotations

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from portal import api_settings, log_settings, staff
from portal import environment as env
from portal.environment import BASE_DIR, VAR_DIR
from portal.production import production_faults
from portal.routes import SCHEDULE

ENVIRONMENT = env.choice("SEALPORT_ENVIRONMENT", "development", "production")
PRODUCTION = ENVIRONMENT == "production"
DEBUG = env.flag("DEBUG")
TESTING = env.flag("TESTING")

SECRET_KEY = env.text("SECRET_KEY", "" if PRODUCTION else "development-only-not-a-secret")
BASE_URL = env.text("BASE_URL", "http://127.0.0.1:8000").rstrip("/")
ALLOWED_HOSTS = env.listed("ALLOWED_HOSTS", "" if PRODUCTION else "127.0.0.1,localhost,testserver")
CSRF_TRUSTED_ORIGINS = [BASE_URL]
OPERATOR_NAME = env.text("OPERATOR_NAME", "Sealport")
OPERATOR_CONTACT = env.text("OPERATOR_CONTACT")
OPERATOR_TIME_ZONE = env.text("OPERATOR_TIME_ZONE", "Europe/Vilnius")
# Who sends invoices, and where they are paid to. Development has the numbers that examples use everywhere.
OPERATOR_COUNTRY = env.text("OPERATOR_COUNTRY", "LT")
OPERATOR_REGISTER_NUMBER = env.text("OPERATOR_REGISTER_NUMBER", "" if PRODUCTION else "100000000")
OPERATOR_VAT_NUMBER = env.text("OPERATOR_VAT_NUMBER", "" if PRODUCTION else "LT100001919017")
OPERATOR_STREET = env.text("OPERATOR_STREET", "" if PRODUCTION else "Antspaudo g. 1")
OPERATOR_POSTCODE = env.text("OPERATOR_POSTCODE", "" if PRODUCTION else "01100")
OPERATOR_CITY = env.text("OPERATOR_CITY", "" if PRODUCTION else "Vilnius")
OPERATOR_BILLING_EMAIL = env.text("OPERATOR_BILLING_EMAIL", "" if PRODUCTION else "billing@sealport.localhost")
OPERATOR_BANK = env.text("OPERATOR_BANK", "" if PRODUCTION else "Example Bank")
OPERATOR_IBAN = env.text("OPERATOR_IBAN", "" if PRODUCTION else "LT121000011101001000")
OPERATOR_BIC = env.text("OPERATOR_BIC", "" if PRODUCTION else "EXAMLT21")
# Where VAT numbers are checked. Development asks nobody: what depends on an answer is held.
VIES_URL = env.text(
    "VIES_URL", "https://ec.europa.eu/taxation_customs/vies/rest-api/check-vat-number" if PRODUCTION else ""
)
VAT_OSS = env.flag("VAT_OSS", default=False)
CAMT_FOLDER = env.text("CAMT_FOLDER")  # where statements of the bank arrive as files
DPO_NAME = env.text("DPO_NAME")
DPO_EMAIL = env.text("DPO_EMAIL")
DPO_ADDRESS = env.text("DPO_ADDRESS")
OPERATOR_CUSTOMER = env.text("OPERATOR_CUSTOMER", "" if PRODUCTION else "operator")

# Payment by card; with no key, cards are not offered and nothing of them is shown.
STRIPE_SECRET_KEY = env.text("STRIPE_SECRET_KEY")
STRIPE_WEBHOOK_SECRET = env.text("STRIPE_WEBHOOK_SECRET")
STRIPE_API_BASE = env.text("STRIPE_API_BASE", "https://api.stripe.com").rstrip("/")

# --- Applications: `sealing` is the only one inside each customer's schema -----------------------------------------

SHARED_APPS = [
    "unfold",  # before django_tenants, which brings admin templates of its own
    "django_tenants",
    "kernel",
    "accounts",
    "billing",
    "trust",
    "privacy",
    "portal",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "rest_framework",
    "drf_spectacular",
]
TENANT_APPS = ["sealing"]
INSTALLED_APPS = SHARED_APPS + TENANT_APPS
if env.flag("DEVELOPER_TOOLS"):
    INSTALLED_APPS.append("django_linear_migrations")
FIRST_PARTY_APPS = ["kernel", "accounts", "billing", "trust", "sealing", "privacy", "portal"]

TENANT_MODEL = "accounts.Customer"
TENANT_DOMAIN_MODEL = "accounts.CustomerDomain"
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
TENANT_LIMIT_SET_CALLS = True

MIDDLEWARE = [
    "kernel.requests.RequestIdMiddleware",
    "kernel.reading.StaffReadingMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "kernel.tenancy.middleware.CustomerPathMiddleware",
    "portal.middleware.ContentSecurityPolicyMiddleware",
    "privacy.middleware.RestoredDatabaseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "portal.middleware.BodyLimitMiddleware",
    "privacy.middleware.ConsentMiddleware",
    "portal.middleware.StaffTimeMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.SessionUseMiddleware",
    "accounts.middleware.ReaderZoneMiddleware",
    "accounts.middleware.MembershipMiddleware",
    "accounts.middleware.StaffSecondStepMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "kernel.pages.RefusalMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
]

ROOT_URLCONF = "portal.urls"
CUSTOMER_URLCONF = "portal.urls_customer"
WSGI_APPLICATION = "portal.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "portal.context.shell",
            ],
        },
    }
]

# --- Database, cache, queue ----------------------------------------------------------------------------------------

DATABASES = {
    "default": {
        **env.database("DATABASE_URL"),
        "ENGINE": "django_tenants.postgresql_backend",
        "CONN_MAX_AGE": 300,  # a backend remembers every schema it has touched; a fresh one forgets
        "CONN_HEALTH_CHECKS": True,
    }
}
# Who owns the public tables and migrates them; the role of DATABASE_URL then cannot change the audit trail (clause C3).
DATABASE_OWNER = env.database("DATABASE_OWNER_URL") if env.text("DATABASE_OWNER_URL") else None
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env.text("REDIS_URL", "" if PRODUCTION else "redis://127.0.0.1:6379/0")
CACHES = {
    # Limits on sign-in attempts and one-time codes already used: in the database, so that without Redis people still
    # sign in and the limits still hold.
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "accounts_signincounter",
        "OPTIONS": {"MAX_ENTRIES": 1_000_000},  # beyond that any are thrown away, those of an attack among them
    },
    # Requests by API token, and whether the workers' bell has been rung; without Redis requests are let through
    # uncounted, and jobs wait for the sweeper.
    "counters": {
        "BACKEND": "kernel.counters.Counters",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"socket_connect_timeout": 0.2, "socket_timeout": 0.2},
    },
}

# --- Storage of documents, always encrypted ------------------------------------------------------------------------

STORAGES = {
    "default": env.storage("STORAGE_URL"),
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if TESTING
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = TESTING
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
VAULT_KEYRING = "trust.gateways.data_keys.HsmDataKeys"

# --- Trust ---------------------------------------------------------------------------------------------------------

PKCS11_MODULE = env.text("PKCS11_MODULE")
PKCS11_TOKEN = env.text("PKCS11_TOKEN", "sealport")
PKCS11_PIN = env.text("PKCS11_PIN")
if softhsm_configuration := env.text("SOFTHSM2_CONF"):
    os.environ["SOFTHSM2_CONF"] = softhsm_configuration  # SoftHSM itself reads it from the environment only

TSA_URLS = env.authorities("TSA_URLS")
TRUST_ANCHORS = env.text("TRUST_ANCHORS")
TEST_TSA_URLS = env.authorities("TEST_TSA_URLS")
TEST_TRUST_ANCHORS = env.text("TEST_TRUST_ANCHORS")
TSA_POLICIES = env.listed("TSA_POLICIES")
REVOCATION_HOSTS = env.listed("REVOCATION_HOSTS")
TRUSTED_LISTS_URL = env.text("TRUSTED_LISTS_URL")
TRUSTED_LISTS_SIGNERS = env.text("TRUSTED_LISTS_SIGNERS")
TRUSTED_LISTS_HOSTS = env.listed("TRUSTED_LISTS_HOSTS")
CA_GATEWAY = env.choice("CA_GATEWAY", "manual", "development")
TEST_CA_GATEWAY = env.choice("TEST_CA_GATEWAY", CA_GATEWAY, *({"manual", "development"} - {CA_GATEWAY}))
DEVELOPMENT_CA_URL = env.text("DEVELOPMENT_CA_URL")
SEAL_KEY_ALGORITHM = env.text("SEAL_KEY_ALGORITHM", "rsa-3072")
AUDIT_EXPORT_DIR = Path(env.text("AUDIT_EXPORT_DIR") or VAR_DIR / "audit-checkpoints")
BACKUP_DIR = Path(env.text("BACKUP_DIR") or VAR_DIR / "backups")
LOG_DIR = Path(env.text("LOG_DIR") or VAR_DIR / "log")
ERASURE_LEDGER_DIR = Path(env.text("ERASURE_LEDGER_DIR") or VAR_DIR / "erasure-ledger")

# --- Sealing -------------------------------------------------------------------------------------------------------

MAX_DOCUMENT_BYTES = env.number("MAX_DOCUMENT_MEGABYTES", 100) * 1024 * 1024
# Clause E3: the longest tolerable outage; a seal that waits longer for an outside service fails, unbilled.
SEAL_DEADLINE_SECONDS = env.number("SEAL_DEADLINE_SECONDS", 4 * 3600)
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FILES = 1_000  # the items of a batch; a seal's own limit is lower and asked later
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1_050  # a SHA-256 for each of them, and the options
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_HANDLERS = [
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "kernel.uploads.OneFileUpload",
]
FILE_UPLOAD_TEMP_DIR = VAR_DIR / "uploads" if (VAR_DIR / "uploads").is_dir() else None

# --- People and sessions -------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.Person"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
if TESTING:
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "customers"
ACCOUNT_LOGOUT_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_MODEL_EMAIL_FIELD = "email"
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
# Wrong passwords are counted by our adapter (accounts/rules/entrance.py); "login_failed" is left for second steps, and
# counts for the person. The rest is for one network address, where a whole office may be.
ACCOUNT_RATE_LIMITS = {
    "login": "60/m/ip",
    "login_failed": "5/5m/key",
    "request_login_code": "20/m/ip",
    "reset_password": "20/m/ip,5/h/key",
}
ACCOUNT_FORMS = {
    "login": "accounts.forms.entrance.PasswordForm",
    "request_login_code": "accounts.forms.entrance.RequestCodeForm",
    "reset_password": "accounts.forms.entrance.NewPasswordForm",
    "add_email": "accounts.forms.entrance.FurtherAddressForm",
}
MFA_ADAPTER = "accounts.adapter.TwoStepAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_FORMS = {
    "add_webauthn": "accounts.forms.passkeys.AddPasskeyForm",
    "edit_webauthn": "accounts.forms.passkeys.EditPasskeyForm",
}
MFA_TOTP_ISSUER = OPERATOR_NAME
MFA_RATE_LIMITS = {"webauthn_login": "60/m/ip"}  # there is nothing to guess
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PRODUCTION
STAFF_SECOND_STEP_REQUIRED = env.flag("STAFF_SECOND_STEP_REQUIRED", default=PRODUCTION)
USERSESSIONS_TRACK_ACTIVITY = False  # costs 1.7 ms of every request; our middleware notes it every five minutes
# How many proxies of ours add to X-Forwarded-For. Too few and all visitors share one limit of sign-in attempts; too
# many and a visitor can forge another address. In production there is one at least, which ends TLS.
ALLAUTH_TRUSTED_PROXY_COUNT = env.number("TRUSTED_PROXY_COUNT", 1 if PRODUCTION else 0)
SESSION_COOKIE_NAME = "session"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
PRICE_LIST = "billing.queries.price_list"  # for the choice of a plan at sign-up, below billing
DOCUMENT_FIGURES = "privacy.queries.figures.figures"  # for placeholders of legal texts, below privacy
CONTRACT_TERMS = "billing.queries.terms.contract_terms"  # for the end of a contract, below billing
STORED_BYTES = "sealing.queries.documents.stored_bytes"  # for the storage that is charged, above billing
TOKEN_PEPPER = env.text("TOKEN_PEPPER", SECRET_KEY)

# --- Mail ----------------------------------------------------------------------------------------------------------

globals().update(env.email("EMAIL_URL"))
EMAIL_TIMEOUT = 10
MAIL_BOUNCE_ADDRESS = env.text("MAIL_BOUNCE_ADDRESS")
MAIL_BOUNCE_DIR = env.text("MAIL_BOUNCE_DIR")
DEFAULT_FROM_EMAIL = env.text("MAIL_FROM", f"{OPERATOR_NAME} <no-reply@sealport.localhost>")

# --- Servers that customers name ------------------------------------------------------------------------------------

EGRESS_ALLOWED_NETWORKS = env.networks("EGRESS_ALLOWED_NETWORKS")
EGRESS_TRUST_ANCHORS = env.text("EGRESS_TRUST_ANCHORS")

# Third parties, each of them only with a visitor's consent (clause D11).
GA4_ID, GTM_ID = env.third_party("GA4_ID"), env.third_party("GTM_ID")
HOTJAR_ID, AMPLITUDE_KEY = env.third_party("HOTJAR_ID"), env.third_party("AMPLITUDE_KEY")

# --- API -----------------------------------------------------------------------------------------------------------

API_REQUESTS_PER_MINUTE = env.number("API_REQUESTS_PER_MINUTE", 6_000)
VERIFICATIONS_PER_MINUTE = env.number("VERIFICATIONS_PER_MINUTE", 10)
ARCHIVE_RENEWAL_DAYS = env.number("ARCHIVE_RENEWAL_DAYS", 90)
REST_FRAMEWORK = api_settings.REST_FRAMEWORK
SPECTACULAR_SETTINGS = api_settings.SPECTACULAR_SETTINGS

# --- Language and time ---------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("lt", "Lietuvių"), ("lv", "Latviešu"), ("et", "Eesti")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "portal.formats"
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600  # clause D2: the chosen language is kept 12 months
USE_TZ = True
TIME_ZONE = "UTC"

# --- Security ------------------------------------------------------------------------------------------------------

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if PRODUCTION:
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^(livez|readyz)$"]  # asked from inside, without the proxy that ends TLS
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

UNFOLD = staff.UNFOLD
LOGGING = log_settings.LOGGING

# --- Jobs: the table is the truth, Celery and Redis ring the bell --------------------------------------------------

ROUTES = "portal.routes.ROUTES"
# Which deliveries a customer got in a span of time, asked by whoever compares them with what was counted.
DELIVERED_SOURCES = "sealing.queries.delivered.delivered_sources"
WORK_MAY_BEGIN = ["privacy.tasks.replay_is_over"]  # asked before every job
PROCESS_FITNESS = ["trust.gateways.hsm.must_end_process"]
JOB_LEASE_SECONDS = env.number("JOB_LEASE_SECONDS", 60)
WORKER_THREADS = env.number("WORKER_THREADS", 4)
# Messages to webhooks on their way at once, in all workers together; a receiver may take 15 s for each.
WEBHOOK_DELIVERIES_AT_ONCE = env.number("WEBHOOK_DELIVERIES_AT_ONCE", 4)

CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "socket_timeout": 5,
    "socket_connect_timeout": 1,
    "socket_keepalive": True,
    "health_check_interval": 25,
    # Ringing happens inside requests: without Redis it must give up at once.
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0,
}
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_ACKS_LATE = False  # a lost message costs nothing: the sweeper finds the job
CELERY_TASK_DEFAULT_QUEUE = "sealport"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 10
CELERY_WORKER_MAX_TASKS_PER_CHILD = 2_000
CELERY_TIMEZONE = "UTC"
CELERY_IMPORTS = ["kernel.tasks", "accounts.tasks"]
CELERY_BEAT_SCHEDULE = SCHEDULE
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat-schedule")

if PRODUCTION and (_faults := production_faults(globals())):
    raise ImproperlyConfigured("This is not fit for production: " + " ".join(_faults))
