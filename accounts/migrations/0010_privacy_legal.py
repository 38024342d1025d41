"""Legal documents by audience, country and language, announced ahead; their sealed files, and who was told (D10)."""

from datetime import timedelta

import django.db.models.deletion
import kernel.fields
from django.db import migrations, models
from django.db.models import F, Q

# The rows that came with an earlier migration were the first of their kinds.
_FILL = """
ALTER TABLE accounts_legaldocument DISABLE TRIGGER legal_document_fixed;
UPDATE accounts_legaldocument SET announced_on = (announced_at AT TIME ZONE 'UTC')::date, first = true;
ALTER TABLE accounts_legaldocument ENABLE TRIGGER legal_document_fixed;
"""

# One announcement for all texts of a version, and nothing may hold at once where something of its kind was before. The
# lock keeps two that are announced at one moment from each being the first.
_GUARDS = """
CREATE FUNCTION accounts_legal_document_announced() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('accounts_legaldocument:' || NEW.kind, 0));
    IF NEW.first AND EXISTS (SELECT FROM accounts_legaldocument d
                              WHERE d.kind = NEW.kind AND d.version <> NEW.version) THEN
        RAISE EXCEPTION 'version % is not the first of %', NEW.version, NEW.kind USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (SELECT FROM accounts_legaldocument d WHERE d.kind = NEW.kind AND d.version = NEW.version
                AND (d.audience, d.country, d.announced_at, d.announced_on, d.effective_on, d.first, d.needs_acceptance)
                    <> (NEW.audience, NEW.country, NEW.announced_at, NEW.announced_on, NEW.effective_on, NEW.first,
                        NEW.needs_acceptance)) THEN
        RAISE EXCEPTION 'version % of % was announced otherwise', NEW.version, NEW.kind
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER legal_document_announced BEFORE INSERT ON accounts_legaldocument
    FOR EACH ROW EXECUTE FUNCTION accounts_legal_document_announced();
CREATE TRIGGER legal_file_fixed BEFORE UPDATE OR DELETE ON accounts_legalfile
    FOR EACH ROW EXECUTE FUNCTION kernel_forbid_change();
CREATE TRIGGER legal_notice_fixed BEFORE UPDATE OR DELETE ON accounts_legalnotice
    FOR EACH ROW EXECUTE FUNCTION kernel_forbid_change();
"""
_NO_GUARDS = """
DROP TRIGGER legal_notice_fixed ON accounts_legalnotice;
DROP TRIGGER legal_file_fixed ON accounts_legalfile;
DROP FUNCTION accounts_legal_document_announced() CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0009_self")]

    operations = [
        migrations.AlterModelOptions(
            name='legaldocument',
            options={'verbose_name': 'legal document', 'verbose_name_plural': 'legal documents'},
        ),
        migrations.AlterField(
            model_name='legaldocument',
            name='audience',
            field=models.CharField(choices=[('all', 'All customers'), ('portal', 'Users of the portal'), ('api', 'Users of the API')], default='all', max_length=12),
        ),
        migrations.AlterField(
            model_name='legaldocument',
            name='kind',
            field=models.CharField(choices=[('special', 'Special terms'), ('dpa', 'Data processing agreement'), ('privacy', 'Privacy policy'), ('aup', 'Acceptable use policy'), ('terms', 'Terms of service'), ('cookies', 'Cookie policy')], max_length=8),
        ),
        migrations.AddField("legaldocument", "country", models.CharField(blank=True, default="", max_length=2)),
        migrations.AddField("legaldocument", "announced_on", models.DateField(null=True)),
        migrations.AddField("legaldocument", "first", models.BooleanField(default=False)),
        migrations.AddField("legaldocument", "needs_acceptance", models.BooleanField(default=False)),
        migrations.RunSQL(_FILL, migrations.RunSQL.noop),
        migrations.AlterField("legaldocument", "announced_on", models.DateField()),
        migrations.CreateModel(
            name="LegalFile",
            fields=[
                (
                    "document",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="file",
                        serialize=False,
                        to="accounts.legaldocument",
                    ),
                ),
                ("content", models.BinaryField()),
                ("sha256", models.CharField(max_length=64)),
                ("sealed_at", models.DateTimeField()),
            ],
            options={"verbose_name": "sealed legal document", "verbose_name_plural": "sealed legal documents"},
        ),
        migrations.CreateModel(
            name="LegalNotice",
            fields=[
                ("id", kernel.fields.IdField(prefix="lgn")),
                ("notice_number", models.CharField(max_length=16)),
                ("told_at", models.DateTimeField()),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.customer"
                    ),
                ),
                (
                    "document",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.legaldocument"
                    ),
                ),
            ],
            options={"verbose_name": "announcement to a customer", "verbose_name_plural": "announcements to customers"},
        ),
        migrations.RemoveConstraint("legaldocument", "legal_document_once"),
        migrations.AddConstraint(
            "legaldocument",
            models.UniqueConstraint(fields=("kind", "version", "language"), name="legal_document_once"),
        ),
        migrations.AddConstraint(
            "legaldocument",
            models.CheckConstraint(
                condition=Q(("effective_on__gte", F("announced_on")), ("first", True))
                | Q(("effective_on__gte", F("announced_on") + timedelta(days=30))),
                name="legal_document_announced_ahead",
            ),
        ),
        migrations.AddConstraint(
            "legalnotice", models.UniqueConstraint(fields=("document", "customer"), name="legal_notice_once")
        ),
        migrations.RunSQL(_GUARDS, _NO_GUARDS),
    ]
