from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("classify", "0003_append_only_and_views")]

    operations = [
        migrations.AddField(
            model_name="round",
            name="case_count",
            field=models.PositiveIntegerField(default=0, help_text="Cases with a live vote."),
        ),
        # What decisions were counted by before was remembered by each process; now the round keeps it.
        migrations.RunSQL(
            "UPDATE classify_round r SET case_count ="
            " (SELECT count(*) FROM classify_case c WHERE c.round_id = r.id AND c.n_votes > 0);",
            migrations.RunSQL.noop,
        ),
    ]
