"""Talk, training answers, what happened to a round and to a category: appended to, never changed.

Seats of rounds that were made before know how many cases they have.
"""

from django.db import migrations

TABLES = (
    "classify_casecomment",
    "classify_traininganswer",
    "classify_roundevent",
    "classify_categorychange",
)
APPEND_ONLY = "".join(
    f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
    f"FOR EACH ROW EXECUTE FUNCTION classify_refuse_change();\n"
    for table in TABLES
)
DROP_APPEND_ONLY = "".join(f"DROP TRIGGER {table}_append_only ON {table};\n" for table in TABLES)

COMPOSITE_KEYS = """
ALTER TABLE classify_casesplit
  ADD CONSTRAINT classify_casesplit_round_of_its_case
  FOREIGN KEY (case_id, round_id) REFERENCES classify_case (id, round_id);
ALTER TABLE classify_carriedcase
  ADD CONSTRAINT classify_carriedcase_round_of_its_case
  FOREIGN KEY (case_id, round_id) REFERENCES classify_case (id, round_id);
ALTER TABLE classify_casecomment
  ADD CONSTRAINT classify_casecomment_round_of_its_case
  FOREIGN KEY (case_id, round_id) REFERENCES classify_case (id, round_id);
ALTER TABLE classify_case
  ADD CONSTRAINT classify_case_split_from_its_round
  FOREIGN KEY (split_from_id, round_id) REFERENCES classify_case (id, round_id);
"""
DROP_COMPOSITE_KEYS = """
ALTER TABLE classify_case DROP CONSTRAINT classify_case_split_from_its_round;
ALTER TABLE classify_casecomment DROP CONSTRAINT classify_casecomment_round_of_its_case;
ALTER TABLE classify_carriedcase DROP CONSTRAINT classify_carriedcase_round_of_its_case;
ALTER TABLE classify_casesplit DROP CONSTRAINT classify_casesplit_round_of_its_case;
"""

ASSIGNED = """
UPDATE classify_roundreviewer r
   SET assigned_count = (SELECT count(*) FROM classify_case c
                          WHERE c.round_id = r.round_id AND c.n_votes > 0
                            AND r.user_id IN (c.reviewer1_id, c.reviewer2_id)),
       last_decided_at = (SELECT max(d.decided_at) FROM classify_decision d
                           WHERE d.round_id = r.round_id AND d.reviewer_id = r.user_id),
       joined_at = (SELECT created_at FROM classify_round WHERE id = r.round_id);
"""


class Migration(migrations.Migration):
    dependencies = [("classify", "0005_calibration_splits_and_talk")]

    operations = [
        migrations.RunSQL(APPEND_ONLY, DROP_APPEND_ONLY),
        migrations.RunSQL(COMPOSITE_KEYS, DROP_COMPOSITE_KEYS),
        migrations.RunSQL(ASSIGNED, migrations.RunSQL.noop),
    ]
