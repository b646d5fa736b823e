"""A codebook version is written as a draft and published; no round uses a draft.

Versions that were there before were usable from the start.
"""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

PUBLISHED = """
ALTER TABLE classify_codebookversion DISABLE TRIGGER classify_version_frozen;
UPDATE classify_codebookversion SET published_at = created_at, published_by_id = created_by_id;
ALTER TABLE classify_codebookversion ENABLE TRIGGER classify_version_frozen;
"""


def _person() -> models.ForeignKey:
    return models.ForeignKey(
        blank=True,
        db_index=False,
        null=True,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to=settings.AUTH_USER_MODEL,
    )


class Migration(migrations.Migration):
    dependencies = [("classify", "0009_conflicts_in_every_order")]

    operations = [
        migrations.AddField(
            "codebookversion",
            "published_at",
            models.DateTimeField(blank=True, default=django.utils.timezone.now, null=True),
        ),
        migrations.AddField(
            "codebookversion",
            "based_on",
            models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="classify.codebookversion",
            ),
        ),
        migrations.AddField("codebookversion", "published_by", _person()),
        migrations.AddField("codebookversion", "edited_by", _person()),
        migrations.AddField("codebookversion", "edited_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("codebookversion", "planned", models.JSONField(blank=True, default=dict)),
        migrations.AddField("codebookversion", "revision", models.PositiveIntegerField(default=0)),
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.RunSQL(PUBLISHED, migrations.RunSQL.noop),
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.AddConstraint(
            "codebookversion",
            models.UniqueConstraint(
                models.F("codebook"),
                condition=models.Q(("published_at__isnull", True)),
                name="classify_version_one_draft",
            ),
        ),
        migrations.AddConstraint(
            "codebookversion",
            models.CheckConstraint(
                condition=models.Q(
                    ("frozen_at__isnull", True), ("published_at__isnull", False), _connector="OR"
                ),
                name="classify_version_no_draft_is_used",
            ),
        ),
    ]
