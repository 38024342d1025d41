"""People who leave or are forgotten, and the last day on which a customer was active (clauses D3, C9)."""

from django.db import migrations, models
from django.db.models import Q

# Rows of memberships go with a customer's content; that somebody belonged there until a day has to outlast them.
_LEFT = """
CREATE FUNCTION accounts_keep_day_of_leaving() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE public.accounts_person
       SET left_at = GREATEST(left_at, COALESCE(OLD.ended_at, (SELECT max(ended_at) FROM public.accounts_ending
           WHERE customer_id = OLD.customer_id AND state = 'done'), now()))
     WHERE id = OLD.person_id AND forgotten_at IS NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER membership_day_of_leaving AFTER DELETE ON accounts_membership
    FOR EACH ROW EXECUTE FUNCTION accounts_keep_day_of_leaving();
"""
_NO_LEFT = "DROP FUNCTION accounts_keep_day_of_leaving CASCADE;"

# What was noted otherwise until now: sign-ins of members and uses of tokens, in UTC's days.
_FILL = """
UPDATE accounts_customer AS customer SET last_active_on = (
    SELECT max(seen)::date FROM (
        SELECT person.last_login AS seen FROM accounts_membership AS member
          JOIN accounts_person AS person ON person.id = member.person_id WHERE member.customer_id = customer.id
         UNION ALL SELECT last_used_at FROM accounts_apitoken AS token WHERE token.customer_id = customer.id
    ) AS known)
"""

_GROUNDS = (
    *("wish", "notice", "breach", "insolvency", "winding_up"),
    *("prohibited_content", "abuse", "resale", "sanctions", "inactivity"),
)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0010_privacy_legal"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.AlterField(
            "ending", "ground", models.CharField(choices=[(each, each) for each in _GROUNDS], max_length=20)
        ),
        migrations.AddField("customer", "last_active_on", models.DateField(null=True)),
        migrations.AddField("person", "deletion_asked_at", models.DateTimeField(null=True)),
        migrations.AddField("person", "forgotten_at", models.DateTimeField(null=True)),
        migrations.AddField("person", "kept_at", models.DateTimeField(null=True)),
        migrations.AddField("person", "left_at", models.DateTimeField(null=True)),
        migrations.RunSQL(_FILL, migrations.RunSQL.noop),
        migrations.AddConstraint(
            "person",
            models.CheckConstraint(
                condition=Q(
                    ("forgotten_at", None),
                    Q(
                        ("email__endswith", "forgotten.invalid"),
                        ("is_active", False),
                        ("is_staff", False),
                        ("is_superuser", False),
                        ("name", ""),
                    ),
                    _connector="OR",
                ),
                name="person_forgotten_is_nobody",
            ),
        ),
        migrations.RunSQL(_LEFT, _NO_LEFT),
    ]
