from django.db import migrations

# Clause C3: history cannot be changed, neither by this application nor by a slip in a console.
_FORBID = """
CREATE FUNCTION kernel_forbid_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON kernel_auditentry
    FOR EACH ROW EXECUTE FUNCTION kernel_forbid_change();
CREATE TRIGGER audit_not_truncated BEFORE TRUNCATE ON kernel_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_forbid_change();
CREATE TRIGGER event_append_only BEFORE UPDATE OR DELETE ON kernel_event
    FOR EACH ROW EXECUTE FUNCTION kernel_forbid_change();
"""
_ALLOW = """
DROP TRIGGER audit_append_only ON kernel_auditentry;
DROP TRIGGER audit_not_truncated ON kernel_auditentry;
DROP TRIGGER event_append_only ON kernel_event;
DROP FUNCTION kernel_forbid_change();
"""


class Migration(migrations.Migration):
    dependencies = [("kernel", "0001_initial")]
    operations = [migrations.RunSQL(_FORBID, _ALLOW)]
