"""The codebook editor, for site administrators: an unused version can be edited, a used one only looked at.

Cases, decisions and adjudications are not here on purpose: this site knows no blindness, and shows what it
has to everybody who may enter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.postgres.forms import SimpleArrayField
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from classify.codebook_files import CodebookError
from classify.codebooks import copy_version
from classify.models import Category, Codebook, CodebookVersion, Round

if TYPE_CHECKING:
    # Generic for the type checker only.
    ModelAdmin = admin.ModelAdmin[Any]
    StackedInline = admin.StackedInline[Category, CodebookVersion]
    ModelForm = forms.ModelForm[Category]
else:
    ModelAdmin, StackedInline, ModelForm = admin.ModelAdmin, admin.StackedInline, forms.ModelForm

IS_USED = gettext_lazy(
    "This version is used by a round and cannot change any more. Copy it into a new version and edit that."
)


class LinesField(SimpleArrayField):
    """A list with one entry per line; the texts themselves hold commas."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.pop("max_length", None)
        super().__init__(
            forms.CharField(required=False),
            *args,
            delimiter="\n",
            widget=forms.Textarea(attrs={"rows": 3, "cols": 40}),
            **kwargs,
        )

    def clean(self, value: str) -> list[str]:
        """The lines that say something."""
        return [line.strip() for line in super().clean(value) if line.strip()]


class CategoryForm(ModelForm):
    """A category, with its lists one entry per line."""

    include = LinesField(required=False, help_text=gettext_lazy("One per line."))
    exclude = LinesField(required=False, help_text=gettext_lazy("One per line."))
    examples = LinesField(required=False, help_text=gettext_lazy("One per line."))

    class Meta:
        model = Category
        fields = (
            "position",
            "code",
            "label",
            "group",
            "key",
            "color",
            "definition",
            "include",
            "exclude",
            "examples",
        )


class CategoryInline(StackedInline):
    """The categories of a version, on its page."""

    model = Category
    form = CategoryForm
    extra = 0
    ordering = ("position",)


class ReadOnly(ModelAdmin):
    """To look at, nothing else."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Codebook)
class CodebookAdmin(ModelAdmin):
    """Codes and subjects; a code never changes, since files and commands name it."""

    list_display = ("code", "subject")

    def get_readonly_fields(self, request: HttpRequest, obj: Codebook | None = None) -> tuple[str, ...]:
        return ("code", "subject") if obj is not None else ()

    def has_delete_permission(self, request: HttpRequest, obj: Codebook | None = None) -> bool:
        return False


@admin.register(CodebookVersion)
class CodebookVersionAdmin(ModelAdmin):
    """The editor. Every refusal is a sentence, also for a version that a round takes into use meanwhile."""

    list_display = ("codebook", "number", "title", "created_at", "frozen_at")
    list_display_links = ("number", "title")
    list_filter = ("codebook",)
    fields = ("codebook", "number", "title", "rules", "frozen_at")
    inlines = (CategoryInline,)
    actions = ("copy_into_new_version",)

    def get_readonly_fields(
        self, request: HttpRequest, obj: CodebookVersion | None = None
    ) -> tuple[str, ...]:
        return ("frozen_at",) if obj is None else ("codebook", "number", "frozen_at")

    def has_change_permission(self, request: HttpRequest, obj: CodebookVersion | None = None) -> bool:
        used = obj is not None and obj.frozen_at is not None
        return not used and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: CodebookVersion | None = None) -> bool:
        return False

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The page of one version; a POST to a used one is refused with a sentence."""
        try:
            return super().change_view(request, object_id, form_url, extra_context)
        except (IntegrityError, PermissionDenied):
            # Used already, or taken into use while it was being edited: then the trigger has the last word.
            used = CodebookVersion.objects.filter(pk=object_id, frozen_at__isnull=False).exists()
            if request.method != "POST" or not used or not self.has_view_permission(request):
                raise
            return self._refused(request)

    def _refused(self, request: HttpRequest) -> HttpResponse:
        messages.error(request, IS_USED)
        return redirect(request.path)

    def save_model(self, request: HttpRequest, obj: CodebookVersion, form: Any, change: bool) -> None:
        """Notes who made a version."""
        if not change and request.user.is_authenticated:
            obj.created_by = request.user
        super().save_model(request, obj, form, change)

    @admin.action(description=gettext_lazy("Copy into a new version"))
    def copy_into_new_version(self, request: HttpRequest, chosen: QuerySet[CodebookVersion]) -> None:
        """A new version of each, to edit."""
        for version in chosen.select_related("codebook"):
            try:
                copy = copy_version(version=version, by=request.user)  # type: ignore[arg-type]
            except CodebookError as problem:
                messages.error(request, str(problem))
            else:
                said = _("Made a draft of “%(version)s”. Publish it on the page of the codebook.")
                messages.success(request, said % {"version": copy})


@admin.register(Round)
class RoundAdmin(ReadOnly):
    """Which rounds there are; where they stand is told on their own pages, by the rules of blindness."""

    list_display = ("poll", "number", "version", "unit", "rule", "purpose", "created_at", "coding_closed_at")
    list_filter = ("purpose",)
