"""Indexes by which the queue of conflicts is read in each of its orders, however long it is; that who decides
first says so before what is final; and that nobody talks about a case before the round is revealed."""

from django.db import migrations, models
from django.db.models import Q

OPEN = "status = 'conflict' AND closed_unresolved_at IS NULL AND n_votes > 0"
AGE = "COALESCE(conflict_since, '-infinity'::timestamptz)"
PAIR = "LEAST(cat1, cat2), GREATEST(cat1, cat2)"
DONE = "(resolution IN ('adjudicated', 'consensus') OR closed_unresolved_at IS NOT NULL)"
DONE_AT = "COALESCE(resolved_at, closed_unresolved_at, '-infinity'::timestamptz)"
# With the two categories themselves, so that pairs are counted from the index alone.
INDEXES = f"""
CREATE INDEX classify_case_conflicts_by_age ON classify_case (round_id, ({AGE}), id) WHERE {OPEN};
CREATE INDEX classify_case_conflicts_by_votes ON classify_case (round_id, n_votes, id) WHERE {OPEN};
CREATE INDEX classify_case_conflicts_by_pair ON classify_case
  (round_id, (LEAST(cat1, cat2)), (GREATEST(cat1, cat2)), ({AGE}), id) WHERE {OPEN};
CREATE INDEX classify_case_conflicts_by_pair_votes ON classify_case
  (round_id, (LEAST(cat1, cat2)), (GREATEST(cat1, cat2)), n_votes, id) INCLUDE (cat1, cat2) WHERE {OPEN};
CREATE INDEX classify_case_conflicts_held ON classify_case (round_id, claimed_by_id)
  WHERE claimed_by_id IS NOT NULL AND {OPEN};
CREATE INDEX classify_case_conflicts_done ON classify_case (round_id, ({DONE_AT}), id) WHERE {DONE};
CREATE INDEX classify_adjudication_of_one_act ON classify_adjudication (together) WHERE together IS NOT NULL;
"""
DROP_INDEXES = """
DROP INDEX classify_adjudication_of_one_act;
DROP INDEX classify_case_conflicts_done;
DROP INDEX classify_case_conflicts_held;
DROP INDEX classify_case_conflicts_by_pair_votes;
DROP INDEX classify_case_conflicts_by_pair;
DROP INDEX classify_case_conflicts_by_votes;
DROP INDEX classify_case_conflicts_by_age;
"""

# The two who agree in consensus have said their own before; an admin who leaves a case unresolved judges
# nothing. Everybody else, and every adjudicator in every case, looks first.
FIRST_LOOK = """
CREATE FUNCTION classify_refuse_final_before_first_look() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM classify_round r WHERE r.id = NEW.round_id AND r.adjudicator_first)
     AND NOT EXISTS (SELECT FROM classify_adjudication f
                      WHERE f.case_id = NEW.case_id AND f.kind = 'first'
                        AND f.decided_by_id = NEW.decided_by_id)
     AND NOT EXISTS (SELECT FROM classify_case c
                       JOIN classify_adjudication p ON p.case_id = c.id AND p.kind = 'proposal'
                        AND p.decided_by_id = NEW.decided_by_id AND p.category_id = NEW.category_id
                      WHERE c.id = NEW.case_id AND NEW.decided_by_id IN (c.reviewer1_id, c.reviewer2_id))
     AND (NEW.category_id IS NOT NULL
          OR EXISTS (SELECT FROM classify_roundadjudicator a
                      WHERE a.round_id = NEW.round_id AND a.user_id = NEW.decided_by_id))
  THEN
    RAISE EXCEPTION 'in this round who decides a conflict says first what they think, before they see the two'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER classify_adjudication_first_look_first BEFORE INSERT ON classify_adjudication
  FOR EACH ROW WHEN (NEW.kind = 'final' AND NEW.source = 'web')
  EXECUTE FUNCTION classify_refuse_final_before_first_look();
"""
DROP_FIRST_LOOK = """
DROP TRIGGER classify_adjudication_first_look_first ON classify_adjudication;
DROP FUNCTION classify_refuse_final_before_first_look();
"""

TALK = """
CREATE FUNCTION classify_refuse_talk_before_reveal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM classify_round r
               JOIN classify_roundreviewer s ON s.round_id = r.id
              WHERE r.id = NEW.round_id AND r.coding_closed_at IS NULL
                AND s.handed_in_at IS NULL AND s.left_at IS NULL)
  THEN
    RAISE EXCEPTION 'nobody talks about a case before the round is revealed'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER classify_casecomment_after_reveal BEFORE INSERT ON classify_casecomment
  FOR EACH ROW EXECUTE FUNCTION classify_refuse_talk_before_reveal();
"""
DROP_TALK = """
DROP TRIGGER classify_casecomment_after_reveal ON classify_casecomment;
DROP FUNCTION classify_refuse_talk_before_reveal();
"""


class Migration(migrations.Migration):
    dependencies = [("classify", "0008_bar_is_set_beforehand")]

    operations = [
        # Those by age and by pair take its place.
        migrations.RemoveIndex(model_name="case", name="classify_case_conflicts"),
        migrations.RunSQL(INDEXES, DROP_INDEXES),
        migrations.AddConstraint(
            model_name="adjudication",
            constraint=models.UniqueConstraint(
                fields=["case", "decided_by"],
                condition=Q(kind="first"),
                name="classify_adjudication_first_look_once",
            ),
        ),
        migrations.RunSQL(FIRST_LOOK, DROP_FIRST_LOOK),
        migrations.RunSQL(TALK, DROP_TALK),
    ]
