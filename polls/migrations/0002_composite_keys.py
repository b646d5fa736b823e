"""Keys that Django's models cannot say: a vote belongs to an option of its own poll and is of its poll's kind."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("polls", "0001_initial")]

    operations = [
        migrations.RunSQL(
            sql="""
            ALTER TABLE polls_vote
              ADD CONSTRAINT polls_vote_option_of_its_poll
              FOREIGN KEY (poll_id, option_id) REFERENCES polls_option (poll_id, id),
              ADD CONSTRAINT polls_vote_kind_of_its_poll
              FOREIGN KEY (poll_id, single_choice) REFERENCES polls_poll (id, single_choice) ON UPDATE CASCADE;
            """,
            reverse_sql="""
            ALTER TABLE polls_vote
              DROP CONSTRAINT polls_vote_option_of_its_poll,
              DROP CONSTRAINT polls_vote_kind_of_its_poll;
            """,
        ),
    ]
