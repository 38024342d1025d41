"""Orders of certificates go ten bookkeeping years after the certificate's end, with steps and minutes (D4)."""

from django.db import migrations

ERASING = """
INSERT INTO kernel_erasable VALUES ('trust_certificateorder', 'id',
    'coalesce((SELECT coalesce(c.ended_at, c.not_after) FROM public.trust_sealcertificate c'
    ' WHERE c.id = t.certificate_id), t.ordered_at)',
    't.state IN (''completed'', ''cancelled'') AND NOT EXISTS (SELECT FROM public.billing_charge c'
    ' WHERE c.source_type = ''certificate_order'' AND c.source_id = t.id)',
    '10 years', true, '{trust_ceremonystep.order_id,trust_ceremonyminutes.order_id}');
SELECT kernel_let_erasing_pass('trust_ceremonystep', 'trust_ceremonyminutes');
"""


class Migration(migrations.Migration):
    dependencies = [("trust", "0006_audit_keys"), ("kernel", "0007_sweeps")]

    operations = [migrations.RunSQL(ERASING, "DELETE FROM kernel_erasable WHERE table_name = 'trust_certificateorder'")]
