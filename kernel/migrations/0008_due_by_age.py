"""What is due by age is counted with every tick of the retention engine; and one way to erase what never changes (D5)."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import migrations
from django.db.models.functions import Coalesce

_EVENTS = """
CREATE OR REPLACE FUNCTION kernel_forget_events(customer text, at_most integer) RETURNS bigint LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog SET "sealport.%s" = 'on' AS $$
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
        'EXECUTE FUNCTION .*', 'EXECUTE FUNCTION %s()');
END $$;
"""
# The trigger lets pass what `kernel_is_erasing` sees: forgetting needs no guard and no setting of its own.
ONE_WAY = _EVENTS % ("erasing", "kernel_forbid_change") + "DROP FUNCTION kernel_guard_event();"
TWO_WAYS = """
CREATE FUNCTION kernel_guard_event() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF TG_OP = 'DELETE' AND coalesce(current_setting('sealport.forgetting', true), '') = 'on' AND current_user =
        (SELECT pg_get_userbyid(proowner) FROM pg_proc WHERE oid = 'public.kernel_guard_event()'::regprocedure) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
""" + _EVENTS % ("forgetting", "kernel_guard_event")


class Migration(migrations.Migration):
    dependencies = [("kernel", "0007_sweeps")]

    operations = [
        migrations.AddIndex("event", BrinIndex(fields=["at"], name="event_by_age", autosummarize=True)),
        migrations.AddIndex(
            "job", BrinIndex(Coalesce("finished_at", "created_at"), name="job_by_age", autosummarize=True)
        ),
        migrations.RunSQL(ONE_WAY, TWO_WAYS),
    ]
