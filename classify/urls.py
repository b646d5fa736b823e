"""Addresses of the pages about judgements. The home page has no namespace; all others are `classify:…`."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from classify.views import (
    batches,
    bring_in,
    calibration,
    carried,
    codebook_edit,
    codebook_publish,
    codebook_reshape,
    codebooks,
    conflict,
    conflicts,
    dashboard,
    deciding,
    decisions,
    exports,
    home,
    look_alikes,
    overruled,
    poll,
    results,
    round_ending,
    round_people,
    round_setup,
    rounds,
    splits,
    tagging,
    titles,
    together,
    training,
    training_set,
    voter,
    voters,
)

# Under /polls/<slug>/.
poll_patterns: list[URLPattern | URLResolver] = [
    path("", poll.poll, name="poll"),
    path("voters/", voters.voters, name="voters"),
    path("voters/add/", voters.voter_add, name="voter-add"),
    path("voters/<int:vote_id>/", voters.vote_edit, name="vote-edit"),
    path("voters/<int:vote_id>/exclude/", voters.vote_exclude, name="vote-exclude"),
    path("voters/<int:vote_id>/take-back/", voters.vote_restore, name="vote-restore"),
    path("imports/", batches.batches, name="batches"),
    path("imports/<int:batch_id>/", batches.batch, name="batch"),
    path("titles/", titles.titles, name="titles"),
    path("look-alikes/", look_alikes.look_alikes_page, name="look-alikes"),
    path("bring-in/", bring_in.bring_in, name="import-tags"),
    path("bring-in/<slug:token>/", bring_in.bring_in_check, name="import-tags-check"),
    path("calibration/", calibration.calibration_page, name="calibration"),
    path("rounds/new/", round_setup.round_new, name="round-new"),
    path("dashboard/", dashboard.dashboard_page, name="dashboard"),
    path("report/", results.results, name="results"),
]

# Under /polls/<slug>/rounds/<number>/.
round_patterns: list[URLPattern | URLResolver] = [
    path("", rounds.round_page, name="round"),
    path("second-reviewer/", round_people.round_second_reviewer, name="round-second-reviewer"),
    path("join/", round_people.round_join, name="round-join"),
    path("people/<int:user_id>/leave/", round_people.round_leave, name="round-leave"),
    path("adjudicators/add/", round_people.round_adjudicator, name="round-adjudicator"),
    path("awaiting/", rounds.round_awaiting, name="round-awaiting"),
    path("close/", round_ending.round_close, name="round-close"),
    path("reopen/", round_ending.round_reopen, name="round-reopen"),
    path("archive/", round_ending.round_archive, name="round-archive"),
    path("unarchive/", round_ending.round_unarchive, name="round-unarchive"),
    path("discard/", round_ending.round_discard, name="round-discard"),
    path("read/", tagging.tag, name="tag"),
    path("read/upcoming/", deciding.upcoming, name="upcoming"),
    path("read/<int:case_id>/decide/", deciding.decide, name="decide"),
    path("read/<int:case_id>/card/", deciding.card, name="card"),
    path("read/<int:case_id>/", tagging.tag_case, name="tag-case"),
    path("read/<int:case_id>/profile/", tagging.tag_profile, name="tag-profile"),
    path("read/<int:case_id>/split/", splits.split, name="split"),
    path("splits/", splits.splits, name="splits"),
    path("splits/<int:case_id>/merge-back/", splits.merge_back, name="merge-back"),
    path("decisions/", decisions.my_decisions, name="my-decisions"),
    path("hand-in/", tagging.hand_in, name="hand-in"),
    path("codebook/", decisions.handout, name="handout"),
    path("conflicts/", conflicts.conflicts, name="conflicts"),
    path("conflicts/<int:case_id>/", conflict.conflict, name="conflict"),
    path("conflicts/<int:case_id>/look/", conflict.conflict_look, name="conflict-look"),
    path("conflicts/<int:case_id>/profile/", conflict.conflict_profile, name="conflict-profile"),
    path("conflicts/<int:case_id>/take/", conflict.conflict_take, name="conflict-take"),
    path("conflicts/<int:case_id>/give-back/", conflict.conflict_give_back, name="conflict-give-back"),
    path("conflicts/<int:case_id>/confirm/", conflict.conflict_confirm, name="conflict-confirm"),
    path("conflicts/<int:case_id>/comment/", conflict.conflict_comment, name="conflict-comment"),
    path("conflicts/<int:case_id>/alike/<int:title_id>/", together.alike, name="conflict-alike"),
    path(
        "conflicts/<int:case_id>/alike/<int:title_id>/take/", together.alike_take, name="conflict-alike-take"
    ),
    path(
        "conflicts/<int:case_id>/alike/<int:title_id>/give-back/",
        together.alike_return,
        name="conflict-alike-give-back",
    ),
    path("overruled/", overruled.overruled, name="overruled"),
    path("report/", results.report, name="report"),
    path("report/chart.svg", results.report_chart, name="report-chart"),
    path("agreement/", results.agreement, name="agreement"),
    path("agreement/figure/", dashboard.agreement_figure, name="agreement-figure"),
    path("reminders/", dashboard.nudging_set, name="nudging"),
    path("reminders/mine/", dashboard.nudges_wanted, name="nudges-wanted"),
    path("carried/", carried.carried, name="carried"),
    path("carried/read/", carried.carried_reopen_all, name="carried-reopen-all"),
    path("carried/<int:case_id>/read/", carried.carried_reopen, name="carried-reopen"),
    path("next-poll/", carried.next_poll, name="next-poll"),
    path("export/", exports.exports, name="exports"),
    path("export/<slug:what>.<slug:form>", exports.export_file, name="export-file"),
]

# Under /codebooks/<code>/.
codebook_patterns: list[URLPattern | URLResolver] = [
    path("", codebooks.codebook, name="codebook"),
    path("version-<int:version>.json", codebooks.codebook_export, name="codebook-export"),
    path("compare/", codebooks.codebook_compare, name="codebook-compare"),
    path("look-again/", codebooks.codebook_look_again, name="codebook-look-again"),
    path(
        "look-again/<slug:slug>/<int:number>/",
        codebooks.codebook_look_again_round,
        name="codebook-look-again-round",
    ),
    path("edit/", codebook_edit.codebook_edit, name="codebook-edit"),
    path("edit/categories/new/", codebook_edit.codebook_category_new, name="codebook-category-new"),
    path("edit/categories/<uuid:identity>/", codebook_edit.codebook_category, name="codebook-category"),
    path("edit/categories/<uuid:identity>/merge/", codebook_reshape.codebook_merge, name="codebook-merge"),
    path("edit/categories/<uuid:identity>/split/", codebook_reshape.codebook_split, name="codebook-split"),
    path("edit/rules/new/", codebook_reshape.codebook_rule_new, name="codebook-rule-new"),
    path("edit/rules/<int:number>/", codebook_reshape.codebook_rule, name="codebook-rule"),
    path("edit/publish/", codebook_publish.codebook_publish, name="codebook-publish"),
    path("edit/discard/", codebook_publish.codebook_discard, name="codebook-discard"),
    path("flags/<int:flag_id>/aside/", codebook_publish.codebook_flag_aside, name="codebook-flag-aside"),
]

# Not of one poll: the codebooks, and voters across polls.
site_patterns: list[URLPattern | URLResolver] = [
    path("voters/", voter.find_voter, name="find-voter"),
    path("voters/<int:voter_id>/", voter.voter, name="voter"),
    path("voters/merges/<int:merge_id>/undo/", voter.merge_undo, name="merge-undo"),
    path("codebooks/", codebooks.codebook_list, name="codebooks"),
    path("codebooks/<slug:code>/", include(codebook_patterns)),
    path("codebooks/<slug:code>/training/", training.training_home, name="training"),
    path("codebooks/<slug:code>/training/<int:run>/", training.training_run, name="training-run"),
    path(
        "codebooks/<slug:code>/training/<int:run>/<int:item_id>/",
        training.training_item,
        name="training-item",
    ),
    path("codebooks/<slug:code>/training/titles/", training_set.training_set, name="training-set"),
    path(
        "codebooks/<slug:code>/training/titles/<int:item_id>/",
        training_set.training_set_item,
        name="training-set-item",
    ),
    path("codebooks/<slug:code>/training/sheet/", training_set.training_import, name="training-import"),
    # Not below `codebooks/`, where they would be in the way of a codebook of that code.
    path("new-codebook/", codebook_publish.codebook_new, name="codebook-new"),
    path("import-codebook/", codebook_publish.codebook_import, name="codebook-import"),
    path("reading-places/", deciding.places, name="reading-places"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path(
        "",
        include(
            (
                [
                    *site_patterns,
                    path("polls/<slug:slug>/", include(poll_patterns)),
                    path("polls/<slug:slug>/rounds/<int:number>/", include(round_patterns)),
                ],
                "classify",
            )
        ),
    ),
]
