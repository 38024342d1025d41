"""A grant of access says whether it opens the audit trail, and reading it is written down (D7)."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("accounts", "0012_sweeps"),
    ]

    operations = [
        migrations.AddField(
            model_name='accessgrant',
            name='with_trail',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AlterField(
            model_name='accessread',
            name='page',
            field=models.CharField(choices=[('list', 'List'), ('document', 'Document'), ('content', 'Content'), ('trail', 'Trail')], max_length=8),
        ),
    ]
