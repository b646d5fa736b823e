"""LinkedIn's own archive, what scrapers of LinkedIn write, and lists of leads."""

from __future__ import annotations

from typing import Final

from polls.importing.formats.declaration import Format

CONNECTIONS: Final = Format(
    name="linkedin-connections",
    title="LinkedIn archive: connections",
    headers=(
        "First Name | Vorname",
        "Last Name | Nachname",
        "URL",
        "Position",
        "Connected On | Verbunden am",
    ),
    fields={
        "first_name": "First Name | Vorname",
        "last_name": "Last Name | Nachname",
        "profile_url": "URL",
        "organisation": "Company | Unternehmen",
        "headline": "Position",
    },
    no_vote_times=("Connected On | Verbunden am",),
)

OWN_VOTES: Final = Format(
    name="linkedin-own-votes",
    title="LinkedIn archive: votes",
    headers=("Date | Datum", "Link", "OptionText"),
    without=("Name", "First Name", "Headline", "voter_id", "Voter"),
    no_voters="it is the archive's list of polls that its owner voted in, and names no voters",
)

LIKERS: Final = Format(
    name="phantombuster-likers",
    title="PhantomBuster: post likers",
    headers=("profileLink", "fullName", "occupation", "degree"),
    fields={"profile_url": "profileLink", "name": "fullName", "headline": "occupation"},
    no_vote_times=("timestamp",),
)

COMMENTERS: Final = Format(
    name="phantombuster-commenters",
    title="PhantomBuster: post commenters",
    headers=("profileLink", "fullName", "occupation", "degree", "comment"),
    fields={
        "profile_url": "profileLink",
        "name": "fullName",
        "headline": "occupation",
        "comment": "comment",
    },
    no_vote_times=("timestamp",),
)

POLL_VOTERS: Final = Format(
    name="phantombuster-poll-voters",
    title="PhantomBuster: poll voters",
    headers=(
        "profileLink | profileUrl | linkedinProfileUrl",
        "fullName",
        "firstName",
        "lastName",
        "pollOption | optionText | votedOption | vote | answer",
    ),
    without=("voter_id",),
    fields={
        "profile_url": "profileLink | profileUrl | linkedinProfileUrl",
        "name": "fullName",
        "headline": "occupation | headline | title | jobTitle",
        "option": "pollOption | optionText | votedOption | vote | answer",
    },
    no_vote_times=("timestamp", "postTimestamp"),
)

LEADS: Final = Format(
    name="phantombuster-leads",
    title="PhantomBuster: leads",
    headers=("profileUrl", "fullName", "vmid", "linkedInProfileUrl", "defaultProfileUrl"),
    # The first is an address within Sales Navigator; the last is the one other files have too.
    fields={
        "profile_url": "defaultProfileUrl | linkedInProfileUrl | profileUrl",
        "voter_id": "",
        "name": "fullName | name",
        "headline": "title",
        "organisation": "companyName",
    },
    no_vote_times=("timestamp", "pastExperienceDate"),
)

POSTS: Final = Format(
    name="phantombuster-posts",
    title="PhantomBuster: posts",
    headers=("postUrl", "postContent", "likeCount", "postTimestamp"),
    no_vote_times=("timestamp", "postTimestamp"),
    no_voters="it lists posts, and names nobody who voted",
)

ENRICHMENT: Final = Format(
    name="phantombuster-enrichment",
    title="PhantomBuster: enriched profiles",
    headers=("query", "linkedinProfileUrl", "fullName", "headline"),
    fields={
        "profile_url": "linkedinProfileUrl",
        "name": "fullName",
        "headline": "headline",
        "organisation": "currentCompanyName",
    },
    no_vote_times=("timestamp",),
)

APIFY: Final = Format(
    name="apify-reactions",
    title="Apify: post reactions",
    headers=("reactionType", "actor/headline", "actor/linkedinUrl"),
    fields={
        "profile_url": "actor/linkedinUrl",
        "voter_id": "",
        "name": "actor/name",
        "first_name": "actor/firstName",
        "last_name": "actor/lastName",
        "headline": "actor/headline",
        "option": "pollOption | option | reactionType",
    },
    notes=(
        "Reactions are read as the options. They are no votes unless the post said which stands for what.",
        "This tool stops at ten rows unless told otherwise: compare the number of rows with the post.",
    ),
)

LEAD_LIST: Final = Format(
    name="lead-list",
    title="List of leads (Apollo, Sales Navigator and others)",
    headers=(
        "Person Linkedin Url | LinkedIn URL | Linkedin | Profile URL | URL",
        "First Name | Name | Full Name",
        "Title | Job Title | Headline",
    ),
    without=(
        "voter_id | degree | Connected On",
        "option | vote | answer | choice | response | poll option | antwort | stimme | auswahl",
    ),
    fields={
        "profile_url": "Person Linkedin Url | LinkedIn URL | Profile URL | Linkedin | URL",
        "name": "Full Name | Name",
        "headline": "Headline | Job Title | Title",
        "organisation": "Company | Company Name | Account Name",
    },
)
