"""A customer's own mail server."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from kernel.fields import IdField


class MailServer(models.Model):
    """Through which a customer's notices and invitations leave, where it wants that (clause E11).

    The password is encrypted under the customer's key. `proven_at`: when a test mail last went through with these
    settings; None means they were changed since, and then the server is off. `failed_at`: when it last failed; None
    since it worked. `told_at`: when administrators were last given notice of that.
    """

    class Tls(models.TextChoices):
        STARTTLS = "starttls"
        TLS = "tls"

    id = IdField(prefix="msv")
    customer = models.OneToOneField("accounts.Customer", on_delete=models.PROTECT, related_name="mail_server")
    host = models.CharField(max_length=253)
    port = models.IntegerField()
    tls = models.CharField(max_length=8, choices=Tls)
    username = models.CharField(max_length=200, blank=True)
    password = models.BinaryField(null=True)
    sender = models.EmailField(max_length=254)
    enabled = models.BooleanField(default=False)
    changed_at = models.DateTimeField()
    proven_at = models.DateTimeField(null=True)
    tried_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=20, blank=True)
    answer = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="mail_server_proven", condition=Q(enabled=False) | Q(proven_at__isnull=False))
        ]

    def __str__(self) -> str:
        return self.host
