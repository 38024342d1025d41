"""Events of a customer whose key is destroyed may go (clause D3); all others are as unchangeable as before."""

from django.db import migrations

# The guard lets a deletion pass that the owner's own function makes, which says so by a setting that counts for nobody
# but the owner. The trigger's other conditions, if it has any, stay as they are.
FORGETTING = """
CREATE FUNCTION kernel_guard_event() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF TG_OP = 'DELETE' AND coalesce(current_setting('sealport.forgetting', true), '') = 'on' AND current_user =
        (SELECT pg_get_userbyid(proowner) FROM pg_proc WHERE oid = 'public.kernel_guard_event()'::regprocedure) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;

-- Deletes at most so many events of a customer that has no key any more, and returns how many.
CREATE FUNCTION kernel_forget_events(customer text, at_most integer) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog SET "sealport.forgetting" = 'on' AS $$
DECLARE gone bigint;
BEGIN
    DELETE FROM public.kernel_event WHERE id IN (
        SELECT id FROM public.kernel_event WHERE customer_id = customer AND NOT EXISTS (
            SELECT FROM public.kernel_customerkey k WHERE k.customer_id = customer) LIMIT at_most);
    GET DIAGNOSTICS gone = ROW_COUNT;
    RETURN gone;
END $$;

DO $$
DECLARE definition text;
BEGIN
    SELECT pg_get_triggerdef(oid) INTO STRICT definition FROM pg_trigger
        WHERE tgname = 'event_append_only' AND tgrelid = 'kernel_event'::regclass;
    EXECUTE regexp_replace(replace(definition, 'CREATE TRIGGER', 'CREATE OR REPLACE TRIGGER'),
        'EXECUTE FUNCTION .*', 'EXECUTE FUNCTION kernel_guard_event()');
END $$;
"""

KEEPING = """
DO $$
DECLARE definition text;
BEGIN
    SELECT pg_get_triggerdef(oid) INTO STRICT definition FROM pg_trigger
        WHERE tgname = 'event_append_only' AND tgrelid = 'kernel_event'::regclass;
    EXECUTE regexp_replace(replace(definition, 'CREATE TRIGGER', 'CREATE OR REPLACE TRIGGER'),
        'EXECUTE FUNCTION .*', 'EXECUTE FUNCTION kernel_forbid_change()');
END $$;
DROP FUNCTION kernel_forget_events, kernel_guard_event;
"""


class Migration(migrations.Migration):
    dependencies = [("kernel", "0005_audit_chain")]

    operations = [migrations.RunSQL(FORGETTING, KEEPING)]
