"""Registers whose time is over go: disclosures and breaches after ten bookkeeping years, sub-processors after three."""

from django.db import migrations

ERASING = """
INSERT INTO kernel_erasable VALUES
    ('privacy_disclosure', 'id', 'greatest(t.recorded_at, t.decided_at, t.told_at, t.silent_until::timestamptz)',
     't.state IN (''told'', ''rejected'')', '10 years', true, '{}'),
    ('privacy_databreach', 'id', 't.closed_at', 't.closed_at IS NOT NULL', '10 years', true,
     '{privacy_breachnotice.breach_id}'),
    ('privacy_subprocessor', 'id', 't.ends_on', 't.ends_on IS NOT NULL', '3 years', false,
     '{privacy_subprocessornotice.sub_processor_id}');
SELECT kernel_let_erasing_pass('privacy_disclosure', 'privacy_databreach', 'privacy_subprocessor');
"""
KEPT = "DELETE FROM kernel_erasable WHERE table_name LIKE 'privacy\\_%'"


class Migration(migrations.Migration):
    dependencies = [("privacy", "0008_export"), ("kernel", "0007_sweeps")]

    operations = [migrations.RunSQL(ERASING, KEPT)]
