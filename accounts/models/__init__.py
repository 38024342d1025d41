from accounts.models.access import ApiToken, Invitation, Membership
from accounts.models.customer import Customer, CustomerDomain
from accounts.models.mail_server import MailServer
from accounts.models.notice import Notice, NoticeCounter, NoticeDelivery
from accounts.models.person import Person
from accounts.models.sign_up import Application, SignInCounter
from accounts.models.webhook import Webhook, WebhookAttempt, WebhookDelivery

__all__ = [
    "ApiToken",
    "Application",
    "Customer",
    "CustomerDomain",
    "Invitation",
    "MailServer",
    "Membership",
    "Notice",
    "NoticeCounter",
    "NoticeDelivery",
    "Person",
    "SignInCounter",
    "Webhook",
    "WebhookAttempt",
    "WebhookDelivery",
]
