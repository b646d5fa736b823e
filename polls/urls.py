"""Addresses of the pages about facts and people. Accounts have no namespace, as Django expects of them."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from polls.views import accounts, import_check, import_jobs, import_result, imports, people, site

# Under /polls/<slug>/.
poll_patterns: list[URLPattern | URLResolver] = [
    path("import/", imports.import_votes, name="import"),
    path("import/template.csv", imports.import_template, name="import-template"),
    path("import/<str:token>/", import_check.import_check, name="import-check"),
    path("import/<str:token>/job/", import_jobs.import_job, name="import-job"),
    path("import/<str:token>/result/", import_result.import_result, name="import-result"),
    path("import/<str:token>/rejected.csv", import_result.import_rejects, name="import-rejects"),
    path("people/", people.people, name="people"),
    path("people/<int:user_id>/roles/", people.person_roles, name="person-roles"),
    path("people/<int:user_id>/link/", people.person_link, name="person-link"),
]

site_patterns: list[URLPattern | URLResolver] = [
    # Not below polls/: any slug may name a poll.
    path("new-poll/", imports.poll_new, name="poll-new"),
    path("new-poll/template.csv", imports.import_template, name="import-template"),
    path("new-poll/<str:token>/", import_check.poll_new_check, name="poll-new-check"),
    path("new-poll/<str:token>/job/", import_jobs.poll_new_job, name="poll-new-job"),
    path("new-poll/<str:token>/rejected.csv", import_result.poll_new_rejects, name="poll-new-rejects"),
    path("people/", site.site_people, name="site-people"),
    path("people/<int:user_id>/", site.site_person, name="site-person"),
    path("people/<int:user_id>/link/", site.site_person_link, name="site-person-link"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("login/", accounts.LoginView.as_view(), name="login"),
    path("logout/", accounts.LogoutView.as_view(), name="logout"),
    path("password/", accounts.PasswordChangeView.as_view(), name="password_change"),
    path("password/done/", accounts.PasswordChangeDoneView.as_view(), name="password_change_done"),
    path("welcome/<str:uid>/<str:token>/", accounts.accept_invitation, name="accept-invitation"),
    path("", include(([*site_patterns, path("polls/<slug:slug>/", include(poll_patterns))], "polls"))),
]
