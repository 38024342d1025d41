"""Who sees which documents, and a customer that never loses its last owner (clause C2)."""

from django.db import migrations, models

# At the end of the transaction, so that an owner may hand over in any order. The lock makes two transactions that each
# take one of the last two owners wait for each other: the second one then sees what the first has done.
OWNERS = """
CREATE FUNCTION accounts_keep_an_owner() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM public.accounts_customer WHERE id = OLD.customer_id AND status <> 'closed' FOR NO KEY UPDATE;
    IF FOUND AND NOT EXISTS (SELECT FROM public.accounts_membership
        WHERE customer_id = OLD.customer_id AND role = 'owner' AND status = 'active') THEN
        RAISE EXCEPTION 'customer % would have no owner', OLD.customer_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER membership_keeps_an_owner AFTER UPDATE ON accounts_membership
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.role = 'owner' AND OLD.status = 'active')
    EXECUTE FUNCTION accounts_keep_an_owner();
CREATE CONSTRAINT TRIGGER membership_deleted_keeps_an_owner AFTER DELETE ON accounts_membership
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.role = 'owner' AND OLD.status = 'active')
    EXECUTE FUNCTION accounts_keep_an_owner();
"""
NO_OWNERS = "DROP FUNCTION accounts_keep_an_owner CASCADE;"


class Migration(migrations.Migration):
    dependencies = [('accounts', '0006_sso')]

    operations = [
        migrations.AddField("customer", "members_see_all", models.BooleanField(default=False, db_default=False)),
        migrations.AddField("customer", "members_share", models.BooleanField(default=True, db_default=True)),
        migrations.AddField("membership", "sees_all", models.BooleanField(null=True)),
        migrations.RunSQL(OWNERS, NO_OWNERS),
    ]
