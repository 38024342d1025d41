"""Requests about personal data go three years after they were closed, receipts of erasures with the books (D1, D4)."""

from django.db import migrations

ERASING = """
DROP TRIGGER privacy_rightsstep_fixed ON privacy_rightsstep;
CREATE TRIGGER privacy_rightsstep_fixed BEFORE UPDATE OR DELETE OR TRUNCATE ON privacy_rightsstep
    FOR EACH STATEMENT EXECUTE FUNCTION privacy_refuse_change();
INSERT INTO kernel_erasable VALUES
    ('privacy_rightsrequest', 'id', 't.closed_at', 't.closed_at IS NOT NULL', '3 years', false,
     '{privacy_rightsstep.request_id,privacy_forwardedrequest.request_id,privacy_erasurewish.request_id}'),
    ('privacy_erasurereceipt', 'id', 't.made_at', 'true', '10 years', true, '{}');
SELECT kernel_let_erasing_pass('privacy_rightsstep', 'privacy_erasurereceipt');
"""
KEPT = """
DELETE FROM kernel_erasable WHERE table_name IN ('privacy_rightsrequest', 'privacy_erasurereceipt');
DROP TRIGGER privacy_rightsstep_fixed ON privacy_rightsstep;
CREATE TRIGGER privacy_rightsstep_fixed BEFORE UPDATE OR TRUNCATE ON privacy_rightsstep
    FOR EACH STATEMENT EXECUTE FUNCTION privacy_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("privacy", "0009_sweeps")]

    operations = [migrations.RunSQL(ERASING, KEPT)]
