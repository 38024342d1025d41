"""Steps and minutes of key ceremonies never change."""

from django.db import migrations

GUARDS = """
CREATE FUNCTION trust_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % never change', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER trust_ceremonystep_fixed BEFORE UPDATE OR DELETE OR TRUNCATE ON trust_ceremonystep
    FOR EACH STATEMENT EXECUTE FUNCTION trust_refuse_change();
CREATE TRIGGER trust_ceremonyminutes_fixed BEFORE UPDATE OR DELETE OR TRUNCATE ON trust_ceremonyminutes
    FOR EACH STATEMENT EXECUTE FUNCTION trust_refuse_change();
"""
NO_GUARDS = "DROP FUNCTION trust_refuse_change CASCADE;"


class Migration(migrations.Migration):
    dependencies = [("trust", "0003_certificate_orders")]

    operations = [migrations.RunSQL(GUARDS, NO_GUARDS)]
