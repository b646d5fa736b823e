"""What Django's models cannot say: composite keys, append-only tables, frozen codebooks, the reviewer's view.

The keys keep a decision inside its round and its round's codebook version. The triggers make "never
overwritten" a rule of the database. The view is all that a reviewer's queries read of a case.
"""

from django.db import migrations

COMPOSITE_KEYS = """
ALTER TABLE classify_case
  ADD CONSTRAINT classify_case_poll_of_its_round
  FOREIGN KEY (round_id, poll_id) REFERENCES classify_round (id, poll_id);
ALTER TABLE classify_casevote
  ADD CONSTRAINT classify_casevote_round_of_its_case
  FOREIGN KEY (case_id, round_id) REFERENCES classify_case (id, round_id);
ALTER TABLE classify_decision
  ADD CONSTRAINT classify_decision_round_of_its_case
  FOREIGN KEY (case_id, round_id) REFERENCES classify_case (id, round_id),
  ADD CONSTRAINT classify_decision_version_of_its_round
  FOREIGN KEY (round_id, version_id) REFERENCES classify_round (id, version_id),
  ADD CONSTRAINT classify_decision_category_of_its_version
  FOREIGN KEY (version_id, category_id) REFERENCES classify_category (version_id, id);
ALTER TABLE classify_adjudication
  ADD CONSTRAINT classify_adjudication_round_of_its_case
  FOREIGN KEY (case_id, round_id) REFERENCES classify_case (id, round_id),
  ADD CONSTRAINT classify_adjudication_version_of_its_round
  FOREIGN KEY (round_id, version_id) REFERENCES classify_round (id, version_id),
  ADD CONSTRAINT classify_adjudication_category_of_its_version
  FOREIGN KEY (version_id, category_id) REFERENCES classify_category (version_id, id);
"""
DROP_COMPOSITE_KEYS = """
ALTER TABLE classify_adjudication
  DROP CONSTRAINT classify_adjudication_round_of_its_case,
  DROP CONSTRAINT classify_adjudication_version_of_its_round,
  DROP CONSTRAINT classify_adjudication_category_of_its_version;
ALTER TABLE classify_decision
  DROP CONSTRAINT classify_decision_round_of_its_case,
  DROP CONSTRAINT classify_decision_version_of_its_round,
  DROP CONSTRAINT classify_decision_category_of_its_version;
ALTER TABLE classify_casevote DROP CONSTRAINT classify_casevote_round_of_its_case;
ALTER TABLE classify_case DROP CONSTRAINT classify_case_poll_of_its_round;
"""

APPEND_ONLY = """
CREATE FUNCTION classify_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: rows of it are never changed or deleted', TG_TABLE_NAME
    USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER classify_decision_append_only BEFORE UPDATE OR DELETE ON classify_decision
  FOR EACH ROW EXECUTE FUNCTION classify_refuse_change();
CREATE TRIGGER classify_adjudication_append_only BEFORE UPDATE OR DELETE ON classify_adjudication
  FOR EACH ROW EXECUTE FUNCTION classify_refuse_change();
CREATE TRIGGER classify_profileview_append_only BEFORE UPDATE OR DELETE ON classify_profileview
  FOR EACH ROW EXECUTE FUNCTION classify_refuse_change();
"""
DROP_APPEND_ONLY = """
DROP TRIGGER classify_profileview_append_only ON classify_profileview;
DROP TRIGGER classify_adjudication_append_only ON classify_adjudication;
DROP TRIGGER classify_decision_append_only ON classify_decision;
DROP FUNCTION classify_refuse_change();
"""

FROZEN = """
CREATE FUNCTION classify_refuse_frozen_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'this codebook version is used by a round and cannot change; make a new version'
    USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER classify_version_frozen BEFORE UPDATE OR DELETE ON classify_codebookversion
  FOR EACH ROW WHEN (OLD.frozen_at IS NOT NULL) EXECUTE FUNCTION classify_refuse_frozen_version();

CREATE FUNCTION classify_refuse_frozen_category() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT FROM classify_codebookversion v WHERE v.frozen_at IS NOT NULL
       AND ((TG_OP <> 'INSERT' AND v.id = OLD.version_id) OR (TG_OP <> 'DELETE' AND v.id = NEW.version_id))
  ) THEN
    RAISE EXCEPTION 'this codebook version is used by a round and cannot change; make a new version'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER classify_category_frozen BEFORE INSERT OR UPDATE OR DELETE ON classify_category
  FOR EACH ROW EXECUTE FUNCTION classify_refuse_frozen_category();
"""
DROP_FROZEN = """
DROP TRIGGER classify_category_frozen ON classify_category;
DROP FUNCTION classify_refuse_frozen_category();
DROP TRIGGER classify_version_frozen ON classify_codebookversion;
DROP FUNCTION classify_refuse_frozen_version();
"""

REVIEWER_VIEW = """
CREATE VIEW classify_reviewercase AS
  SELECT id AS case_id, round_id, poll_id, 1::smallint AS slot, reviewer1_id AS reviewer_id,
         order1 AS reading_order, headline_id, origin, text, n_votes, decision1_id AS decision_id,
         cat1 AS verdict, review_again
    FROM classify_case WHERE reviewer1_id IS NOT NULL
  UNION ALL
  SELECT id, round_id, poll_id, 2::smallint, reviewer2_id,
         order2, headline_id, origin, text, n_votes, decision2_id,
         cat2, review_again
    FROM classify_case WHERE reviewer2_id IS NOT NULL;
"""


class Migration(migrations.Migration):
    dependencies = [("classify", "0002_relations"), ("polls", "0002_composite_keys")]

    operations = [
        migrations.RunSQL(COMPOSITE_KEYS, DROP_COMPOSITE_KEYS),
        migrations.RunSQL(APPEND_ONLY, DROP_APPEND_ONLY),
        migrations.RunSQL(FROZEN, DROP_FROZEN),
        migrations.RunSQL(REVIEWER_VIEW, "DROP VIEW classify_reviewercase;"),
        # Room on each page for the new version of a row: a case is updated at least twice.
        migrations.RunSQL(
            "ALTER TABLE classify_case SET (fillfactor = 80);",
            "ALTER TABLE classify_case RESET (fillfactor);",
        ),
    ]
