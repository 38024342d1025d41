from accounts.models.access import ApiToken, Invitation, Membership
from accounts.models.cases import Case, CaseEvidence, CustomerIdentity
from accounts.models.contract import Acceptance, Ending, Erasure, LegalDocument
from accounts.models.customer import Customer, CustomerDomain
from accounts.models.documents import LegalFile, LegalNotice
from accounts.models.grants import AccessGrant, AccessRead
from accounts.models.mail_server import MailServer
from accounts.models.notice import Notice, NoticeCounter, NoticeDelivery
from accounts.models.person import Person
from accounts.models.reference import ReferenceConsent
from accounts.models.sign_in import EmailDomain, Identity, IdentityProvider
from accounts.models.sign_up import Application, SignInCounter
from accounts.models.suspension import Suspension
from accounts.models.webhook import Webhook, WebhookAttempt, WebhookDelivery

__all__ = [
    "Acceptance",
    "AccessGrant",
    "AccessRead",
    "ApiToken",
    "Application",
    "Case",
    "CaseEvidence",
    "Customer",
    "CustomerDomain",
    "CustomerIdentity",
    "EmailDomain",
    "Ending",
    "Erasure",
    "Identity",
    "IdentityProvider",
    "Invitation",
    "LegalDocument",
    "LegalFile",
    "LegalNotice",
    "MailServer",
    "Membership",
    "Notice",
    "NoticeCounter",
    "NoticeDelivery",
    "Person",
    "ReferenceConsent",
    "SignInCounter",
    "Suspension",
    "Webhook",
    "WebhookAttempt",
    "WebhookDelivery",
]
