from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("classify", "0011_reminders_and_what_awaits")]

    operations = [
        migrations.AddField(
            model_name="carriedcase",
            name="retitled",
            field=models.BooleanField(
                db_default=False, help_text="A voter shows another title now than the one that was read."
            ),
        ),
        migrations.AddIndex(
            model_name="carriedcase",
            index=models.Index(
                fields=["round", "case"],
                condition=Q(reopened_at__isnull=True),
                name="classify_carriedcase_standing",
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=~Q(resolution="carried") | Q(reviewer1__isnull=True, reviewer2__isnull=True),
                name="classify_case_carried_is_read_by_nobody",
            ),
        ),
    ]
