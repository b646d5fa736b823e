"""An index of the cases that wait for a reader: whether there is one is asked with many pages. And since when
a reviewer has something to read, so that work which came yesterday is not held too long today."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("classify", "0006_talk_is_append_only")]

    operations = [
        migrations.AddField(
            model_name="roundreviewer",
            name="given_at",
            field=models.DateTimeField(
                help_text="When they last got cases to read while they had none.", null=True
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=Q(Q(reviewer1__isnull=True) | Q(reviewer2__isnull=True), n_votes__gt=0)
                & ~Q(resolution="carried"),
                fields=["round"],
                name="classify_case_waits_for_reader",
            ),
        ),
    ]
