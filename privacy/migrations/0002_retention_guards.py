"""The ledger and the receipts of erasure never change."""

from django.db import migrations

GUARDS = """
CREATE FUNCTION privacy_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % never change', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER privacy_erasureledgerentry_fixed BEFORE UPDATE OR DELETE OR TRUNCATE ON privacy_erasureledgerentry
    FOR EACH STATEMENT EXECUTE FUNCTION privacy_refuse_change();
CREATE TRIGGER privacy_erasurereceipt_fixed BEFORE UPDATE OR DELETE OR TRUNCATE ON privacy_erasurereceipt
    FOR EACH STATEMENT EXECUTE FUNCTION privacy_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("privacy", "0001_retention")]

    operations = [migrations.RunSQL(GUARDS, "DROP FUNCTION privacy_refuse_change CASCADE")]
