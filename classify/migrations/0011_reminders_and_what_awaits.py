"""Reminders by e-mail, and an index by which what awaits a second reading is counted and listed without going
through a million cases."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("classify", "0010_codebook_drafts")]

    operations = [
        migrations.AddField(
            model_name="roundreviewer",
            name="nudges_off",
            field=models.BooleanField(db_default=False, help_text="This person wants no reminders."),
        ),
        migrations.AddField(
            model_name="roundreviewer",
            name="nudge_problem",
            field=models.CharField(
                blank=True, db_default="", help_text="Why the last reminder did not leave.", max_length=300
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                fields=["round", "id"],
                condition=Q(status="one_decision", n_votes__gt=0),
                name="classify_case_awaits_second",
            ),
        ),
    ]
