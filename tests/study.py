"""A whole small study, made through the functions that pages and commands call.

Poll `cx-head`, eight votes of whom one is excluded, read in round 2 after a practice round: a headline two
voters share, two blank ones, headlines in parts with marks, comments, profile addresses, a column nobody
recognised. Rosa and Sam read, Jude adjudicates, Ada is admin, Vera may look, Nina has no rights, Root runs
the site. Poll `far-away` has a round 3 with its own cast (Ola, Pim, Quinn and Rex), to be found by nobody of
the first. Bea has all roles in both and a seat in no round. Ivy was invited and has not come yet.

Texts that must not reach a reader are unmistakable: voters are called Voter-…, options end in a star,
notes say NOTE-OF-….
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from decimal import Decimal

from classify import adjudication, codebooks, rounds, tagging, training
from classify.models import Case, CodebookVersion, Round
from polls import votes
from polls.importing import load, readers
from polls.models import Poll, User, Vote
from polls.people import add_person
from tests import factories

OPTIONS = ["Extremely important*", "Moderately important*", "Not very important*"]
COMMENTS = ["Comment-A: it depends.", "Comment-F: ask the agents."]

SHARED = "Contact Center Manager | Speaker"
CONFLICTED = "CX | Data Analytics | Board Member"
FORMER = "Ex-Call Center Agent / CX Lead"
CONSULTANT = "Customer Service Consultant"
SLOGAN = "Helping leaders win"

VOTERS = f"""\
voter_id,name,headline,organisation,profile_url,option,comment,Region
a1,Voter-Alva,{SHARED},Acme,https://www.linkedin.com/in/voter-alva,{OPTIONS[0]},{COMMENTS[0]},North
a2,Voter-Bela,contact center  MANAGER | speaker,,https://www.linkedin.com/in/voter-bela,{OPTIONS[1]},,South
a3,Voter-Caro,{CONFLICTED},,https://www.linkedin.com/in/voter-caro,{OPTIONS[2]},,
a4,Voter-Dana,,,https://www.linkedin.com/in/voter-dana,{OPTIONS[0]},,
a5,Voter-Egon,,,,{OPTIONS[1]},,
a6,Voter-Fred,{CONSULTANT},,https://www.linkedin.com/in/voter-fred,{OPTIONS[0]},{COMMENTS[1]},West
a7,Voter-Gita,{FORMER},,https://www.linkedin.com/in/voter-gita,{OPTIONS[2]},,
a8,Voter-Hugo,{SLOGAN},,,{OPTIONS[0]},,
"""

FAR_VOTERS = """\
voter_id,name,headline,profile_url,option
b1,Farvoter-Ida,Far Away Manager,https://www.linkedin.com/in/farvoter-ida,Yes*
b2,Farvoter-Jan,Far Away Clerk,,No*
"""

CAST = {"vera": "viewer", "rosa": "reviewer", "sam": "reviewer", "jude": "adjudicator", "ada": "admin"}
FAR_CAST = {"ola": "admin", "pim": "reviewer", "quinn": "reviewer", "rex": "adjudicator"}

type Team = tuple[str, list[str], str, CodebookVersion]
"""Admin, the two readers, adjudicator, codebook."""


@dataclass
class Study:
    """Everything a test needs to name. `people` is by username, `invitation` the path of Ivy's link."""

    poll: Poll
    far_poll: Poll
    practice: Round
    round: Round
    far_round: Round
    people: dict[str, User]
    excluded: Vote
    invitation: str

    def case(self, headline: str) -> Case:
        """The case of that headline, as it stands now."""
        return Case.objects.get(round=self.round, text=headline)

    @property
    def blanks(self) -> list[Case]:
        """The cases of the two votes without a headline."""
        return list(Case.objects.filter(round=self.round, origin="blank").order_by("pk"))

    @property
    def conflict(self) -> Case:
        """The one case Rosa and Sam see differently."""
        return self.case(CONFLICTED)

    @property
    def far_case(self) -> Case:
        """A conflict of the other poll."""
        return Case.objects.filter(round=self.far_round).earliest("pk")

    @property
    def vote(self) -> Vote:
        """The vote behind the conflict."""
        return Vote.objects.get(poll=self.poll, headline_raw=CONFLICTED)

    @property
    def far_vote(self) -> Vote:
        """A vote of the other poll."""
        return Vote.objects.filter(poll=self.far_poll).earliest("pk")

    def decide(self, username: str, case: Case, verdict: str, note: str = "") -> tagging.Submitted:
        """One decision through the door of the tagging page: the code of a category, or "unsure"."""
        unsure = verdict == "unsure"
        return tagging.submit_decision(
            round=case.round,
            case_id=case.pk,
            by=self.people[username],
            verdict="unsure" if unsure else "category",
            category_code=None if unsure else verdict,
            note=note,
            client_id=uuid.uuid4(),
        )


def build_study(*, decided: bool = True) -> Study:
    """The study with its round open.

    With `decided`, Rosa has read four headlines and Sam two: they agree on one and differ on the other.
    """
    root = User.objects.create_superuser("root", password="password")
    nina = factories.make_user("nina")
    version = role_codebook()
    poll = build_poll("cx-head", VOTERS, OPTIONS, CAST, root)
    far_poll = build_poll("far-away", FAR_VOTERS, ["Yes*", "No*"], FAR_CAST, root)
    for either in (poll, far_poll):
        factories.make_member("bea", either, "admin", "reviewer", "adjudicator", "viewer")
    people = {user.username: user for user in User.objects.filter(memberships__isnull=False)}
    people |= {"root": root, "nina": nina}
    link = add_person(poll=poll, username="ivy", name="Ivy", roles=["viewer"], by=people["ada"])
    excluded = Vote.objects.get(poll=poll, headline_raw=SLOGAN)
    votes.exclude_vote(vote=excluded, reason="test", note="Exclusion-note", by=people["ada"])
    team: Team = ("ada", ["rosa", "sam"], "jude", version)
    study = Study(
        poll=poll,
        far_poll=far_poll,
        practice=build_practice(poll, team),
        round=build_round(poll, team),
        far_round=build_far_round(far_poll, version),
        people={**people, "ivy": link.user},
        excluded=excluded,
        invitation=link.path,
    )
    training.add_item(version=version, text="Trained-title", code="cx", explanation="It says so.", by=root)
    if decided:
        part_decide(study)
    return study


def role_codebook() -> CodebookVersion:
    """The ready-made codebook `role` in its newest version."""
    codebooks.ensure_ready_made()
    return CodebookVersion.objects.filter(codebook__code="role").latest("number")


def build_poll(slug: str, text: str, options: list[str], cast: dict[str, str], by: User) -> Poll:
    """A poll with its votes, imported, and its people."""
    with readers.open_upload(text, name=f"{slug}.csv") as source:
        report = load.run_import(
            source=source,
            poll=slug,
            by=by,
            question=f"How important is it? ({slug})",
            options=options,
            published_total=len(text.splitlines()) - 1,
            published_shares=[Decimal(50), Decimal(25), Decimal(25)] if len(options) == 3 else (),
        )
    assert report.rejected == 0, report.errors
    poll = Poll.objects.get(slug=slug)
    for username, role in cast.items():
        factories.make_member(username, poll, role)
    return poll


def build_round(poll: Poll, team: Team, purpose: str = "main") -> Round:
    """An open round of two readers and an adjudicator, set up by the poll's admin."""
    admin, readers_, judge, version = team
    people = {user.username: user for user in User.objects.filter(memberships__poll=poll)}
    return rounds.create_round(
        poll=poll,
        version=version,
        unit="headline",
        rule="third_person",
        purpose=purpose,
        reviewers=[people[name] for name in readers_],
        adjudicators=[people[judge]],
        by=people[admin],
        seed=1,
    )


def build_practice(poll: Poll, team: Team) -> Round:
    """A round for practice that was discarded, so that the next has another number."""
    practice = build_round(poll, team, purpose="pilot")
    rounds.discard_round(round=practice, by=User.objects.get(username=team[0]))
    return practice


def build_far_round(poll: Poll, version: CodebookVersion) -> Round:
    """Round 3 of the other poll, a number that the first poll has not: so the addresses tell them apart."""
    team: Team = ("ola", ["pim", "quinn"], "rex", version)
    build_practice(poll, team)
    build_practice(poll, team)
    return build_round(poll, team)


def part_decide(study: Study) -> None:
    """Rosa has read four headlines, Sam two; one of these is a conflict. The far round has one too."""
    study.decide("rosa", study.case(SHARED), "contact-center", "NOTE-OF-ROSA-1")
    study.decide("rosa", study.conflict, "cx", "NOTE-OF-ROSA-2")
    study.decide("rosa", study.case(CONSULTANT), "consultant")
    study.decide("rosa", study.case(FORMER), "unsure", "NOTE-OF-ROSA-3")
    study.decide("sam", study.case(SHARED), "contact-center", "NOTE-OF-SAM-1")
    study.decide("sam", study.conflict, "other", "NOTE-OF-SAM-2")
    study.decide("pim", study.far_case, "other", "NOTE-OF-PIM")
    study.decide("quinn", study.far_case, "cx", "NOTE-OF-QUINN")


def finish_reading(study: Study, *usernames: str) -> None:
    """These people (both, unless said) read what they have left and hand in."""
    for slot, username in ((1, "rosa"), (2, "sam")):
        if usernames and username not in usernames:
            continue
        for case in Case.objects.filter(round=study.round, **{f"cat{slot}__isnull": True}).order_by("pk"):
            study.decide(username, case, "cx" if case.origin == "headline" else "cannot-tell")
        tagging.hand_in(round=study.round, by=study.people[username])


def resolve_all(study: Study) -> None:
    """Jude decides every conflict."""
    jude = study.people["jude"]
    for case in Case.objects.filter(round=study.round, status="conflict").order_by("pk"):
        adjudication.claim(case=case, by=jude)
        adjudication.decide(
            case=case,
            by=jude,
            category_code="cx",
            reason="ambiguous",
            rationale="RATIONALE-OF-JUDE",
            client_id=uuid.uuid4(),
        )
