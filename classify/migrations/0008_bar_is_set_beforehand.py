"""A bar that is set beforehand: what a round was made for never moves once somebody has decided in it.

So nobody lowers the bar of a practice round after its figures are known, lets practice count for the study,
or rewrites why a round was started below its bar. The seats are locked first, as a decision locks them: one
under way is waited for.
"""

from django.db import migrations

FIXED = ("alpha_required", "alpha_reached", "calibrated_on_id", "override_reason", "purpose", "sample_size")
BAR = f"""
CREATE FUNCTION classify_refuse_moved_bar() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM classify_roundreviewer WHERE round_id = OLD.id ORDER BY id FOR NO KEY UPDATE;
  IF EXISTS (SELECT FROM classify_decision WHERE round_id = OLD.id) THEN
    RAISE EXCEPTION 'somebody has decided in this round: what it is for and its bar stay as they were set'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER classify_round_bar_stays BEFORE UPDATE OF {", ".join(FIXED)} ON classify_round
  FOR EACH ROW WHEN (({", ".join(f"OLD.{name}" for name in FIXED)})
                     IS DISTINCT FROM ({", ".join(f"NEW.{name}" for name in FIXED)}))
  EXECUTE FUNCTION classify_refuse_moved_bar();
"""  # noqa: S608 - of constants
DROP_BAR = """
DROP TRIGGER classify_round_bar_stays ON classify_round;
DROP FUNCTION classify_refuse_moved_bar();
"""


class Migration(migrations.Migration):
    dependencies = [("classify", "0007_free_slots")]

    operations = [migrations.RunSQL(BAR, DROP_BAR)]
