"""Papers of contracts that ended ten bookkeeping years ago go, and the customer with them (D4)."""

from django.db import migrations

ERASING = """
INSERT INTO kernel_erasable VALUES ('accounts_customer', 'id',
    '(SELECT max(e.ended_at) FROM public.accounts_ending e WHERE e.customer_id = t.id)',
    't.status = ''closed'' AND public.kernel_is_unreferenced(''public.accounts_customer'', t.id,'
    ' ''{accounts_erasure.customer_id,accounts_ending.customer_id,accounts_acceptance.customer_id,'
    'accounts_application.customer_id,accounts_customeridentity.customer_id,accounts_legalnotice.customer_id,'
    'billing_billingdetails.customer_id}'')',
    '10 years', true,
    '{accounts_erasure.customer_id,accounts_ending.customer_id,accounts_acceptance.customer_id,'
    'accounts_application.customer_id,accounts_customeridentity.customer_id,accounts_legalnotice.customer_id,'
    'billing_billingdetails.customer_id}');
SELECT kernel_let_erasing_pass('accounts_acceptance', 'accounts_legalnotice');
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0011_person"), ("kernel", "0007_sweeps")]

    operations = [migrations.RunSQL(ERASING, "DELETE FROM kernel_erasable WHERE table_name = 'accounts_customer'")]
